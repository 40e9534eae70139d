'use client';
import { StatusScreen } from '../../features/status/index.ts';
import { App } from '../../shell/app.tsx';

export default function Page() {
  return <App route={{ name: 'status' }} screens={{ status: StatusScreen }} />;
}
