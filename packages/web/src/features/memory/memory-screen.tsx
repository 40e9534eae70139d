'use client';
/** What the assistant remembers: to see, correct and forget. Each part has an address of its own. */
import type { ScreenProps } from '../../shell/app.tsx';
import { AddPage } from './add-page.tsx';
import { ListPage } from './list-page.tsx';
import { MemoryPage } from './memory-page.tsx';
import { PeoplePage } from './people-page.tsx';
import { SettingsPage } from './settings-page.tsx';
import { useFollowedMemories } from './use-memories.ts';

export const MemoryScreen = ({ route }: ScreenProps) => {
  useFollowedMemories();
  const { section, about } = route.name === 'memory' ? route : { section: null, about: null };
  if (section === null) return <ListPage />;
  if (section === 'new') return <AddPage />;
  if (section === 'people') return <PeoplePage about={about} />;
  return section === 'settings' ? <SettingsPage /> : <MemoryPage key={section} id={section} />;
};
