'use client';
/** Settings as pages with addresses of their own. */
import type { ComponentType } from 'react';
import type { ScreenProps } from '../../shell/app.tsx';
import { Link } from '../../shell/link.tsx';
import { MissingScreen } from '../../shell/missing.tsx';
import { Screen } from '../../shell/screen.tsx';
import { icons } from '../../ui/icons.tsx';
import { AccountPage } from './account-page.tsx';
import { AppearancePage } from './appearance-page.tsx';
import { ClaudePage } from './claude-page.tsx';
import { DevicePage } from './device-page.tsx';
import { KeysPage } from './keys-page.tsx';
import { RulesPage } from './rules-page.tsx';

interface Section {
  name: string;
  title: string;
  hint: string;
  page: ComponentType;
}

const sections: readonly Section[] = [
  { name: 'claude', title: 'Claude', hint: 'Which account answers', page: ClaudePage },
  { name: 'account', title: 'Account', hint: 'Who you are, other devices, sign out', page: AccountPage },
  { name: 'keys', title: 'API keys', hint: 'Make, rotate and revoke keys', page: KeysPage },
  { name: 'allowed', title: 'Always allowed', hint: 'Steps that no longer ask', page: RulesPage },
  { name: 'appearance', title: 'Appearance', hint: 'Theme and text size', page: AppearancePage },
  { name: 'device', title: 'This device', hint: 'What is kept in this browser', page: DevicePage },
];

interface Entry {
  href: string;
  title: string;
  hint: string;
}

/** On wide screens they stand in the navigation. */
const assistant: readonly Entry[] = [
  { href: '/memory', title: 'Memory', hint: 'What it remembers' },
  { href: '/persona', title: 'Persona', hint: 'How it speaks' },
];

const Entries = ({ entries }: { entries: readonly Entry[] }) => (
  <ul>
    {entries.map(({ href, title, hint }) => (
      <li key={href} className="border-b border-line">
        <Link href={href} className="flex min-h-16 items-center gap-3 px-4">
          <span className="min-w-0 flex-1">
            <span className="block text-list font-semibold">{title}</span>
            <span className="block text-label text-ink-2">{hint}</span>
          </span>
          <icons.open size={18} className="text-ink-3" />
        </Link>
      </li>
    ))}
  </ul>
);

const headingClass = 'px-4 pt-4 pb-1 text-label font-semibold text-ink-3';

const List = () => (
  <Screen title="Settings">
    <div className="sm:hidden">
      <h2 className={headingClass}>Assistant</h2>
      <Entries entries={assistant} />
      <h2 className={headingClass}>Settings</h2>
    </div>
    <Entries entries={sections.map((section) => ({ ...section, href: `/settings/${section.name}` }))} />
  </Screen>
);

export const SettingsScreen = ({ route }: ScreenProps) => {
  const name = route.name === 'settings' ? route.section : null;
  if (name === null) return <List />;
  const section = sections.find((one) => one.name === name);
  if (!section) return <MissingScreen />;
  const Page = section.page;
  return (
    <Screen title={section.title} back="/settings">
      <div className="flex flex-col gap-8 px-4 py-6">
        <Page />
      </div>
    </Screen>
  );
};
