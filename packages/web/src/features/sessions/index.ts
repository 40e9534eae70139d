/** The list of chats. */
export { ChatsScreen } from './chats-screen.tsx';
