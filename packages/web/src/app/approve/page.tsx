'use client';
import { ApprovalScreen } from '../../features/approvals/index.ts';
import { App } from '../../shell/app.tsx';

export default function Page() {
  return <App route={{ name: 'approve', id: '' }} screens={{ approve: ApprovalScreen }} />;
}
