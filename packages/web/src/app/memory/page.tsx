'use client';
import { MemoryScreen } from '../../features/memory/index.ts';
import { App } from '../../shell/app.tsx';

export default function Page() {
  return <App route={{ name: 'memory', section: null, about: null }} screens={{ memory: MemoryScreen }} />;
}
