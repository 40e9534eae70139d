'use client';
import { Screen } from '../../shell/screen.tsx';

export const SettingsScreen = () => <Screen title="settings">{null}</Screen>;
