'use client';
import { LoginScreen } from '../../features/login/index.ts';
import { App } from '../../shell/app.tsx';

export default function Page() {
  return <App route={{ name: 'login' }} screens={{ login: LoginScreen }} />;
}
