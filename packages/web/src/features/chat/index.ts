/** The chat: the screen a person spends their time on. */
export { ChatScreen } from './chat-screen.tsx';
