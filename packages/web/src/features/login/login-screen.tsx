'use client';
import { Screen } from '../../shell/screen.tsx';

export const LoginScreen = () => <Screen title="login">{null}</Screen>;
