'use client';
import { Screen } from '../../shell/screen.tsx';

export const StatusScreen = () => <Screen title="status">{null}</Screen>;
