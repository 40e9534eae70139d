'use client';
import { ChatsScreen } from '../features/sessions/index.ts';
import { App } from '../shell/app.tsx';

export default function Page() {
  return <App route={{ name: 'chats' }} screens={{ chats: ChatsScreen }} />;
}
