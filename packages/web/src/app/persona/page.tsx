'use client';
import { PersonaScreen } from '../../features/persona/index.ts';
import { App } from '../../shell/app.tsx';

export default function Page() {
  return <App route={{ name: 'persona' }} screens={{ persona: PersonaScreen }} />;
}
