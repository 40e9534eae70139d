'use client';
import { SettingsScreen } from '../../features/settings/index.ts';
import { App } from '../../shell/app.tsx';

export default function Page() {
  return <App route={{ name: 'settings', section: null }} screens={{ settings: SettingsScreen }} />;
}
