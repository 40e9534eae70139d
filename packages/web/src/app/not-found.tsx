'use client';
import { App } from '../shell/app.tsx';
import { MissingScreen } from '../shell/missing.tsx';

export default function NotFound() {
  return <App route={{ name: 'missing' }} screens={{ missing: MissingScreen }} />;
}
