export { PersonaScreen } from './persona-screen.tsx';
