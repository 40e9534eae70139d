'use client';
import { useEffect, useState } from 'react';
import { type Appearance, applyAppearance, readAppearance, type TextSize, type Theme } from '../../lib/appearance.ts';
import { Choice } from '../../ui/field.tsx';

const themeNames: Record<Theme, string> = { system: 'As the device', light: 'Light', dark: 'Dark' };
const textNames: Record<TextSize, string> = { normal: 'Normal', large: 'Large', larger: 'Larger' };

const toOptions = <T extends string>(names: Record<T, string>): { value: T; label: string }[] =>
  (Object.keys(names) as T[]).map((value) => ({ value, label: names[value] }));

export const AppearancePage = () => {
  const [appearance, setAppearance] = useState<Appearance>({ theme: 'system', text: 'normal' });
  useEffect(() => setAppearance(readAppearance()), []);
  const change = (part: Partial<Appearance>): void => {
    const next = { ...appearance, ...part };
    setAppearance(next);
    applyAppearance(next);
  };
  return (
    <>
      <Choice
        legend="Theme"
        name="theme"
        value={appearance.theme}
        options={toOptions(themeNames)}
        onChange={(theme) => change({ theme })}
      />
      <Choice
        legend="Text size"
        name="text"
        value={appearance.text}
        options={toOptions(textNames)}
        onChange={(text) => change({ text })}
      />
    </>
  );
};
