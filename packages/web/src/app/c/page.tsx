'use client';
import { ChatScreen } from '../../features/chat/index.ts';
import { App } from '../../shell/app.tsx';

export default function Page() {
  return <App route={{ name: 'new' }} screens={{ chat: ChatScreen, new: ChatScreen }} />;
}
