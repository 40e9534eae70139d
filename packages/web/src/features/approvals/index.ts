/** Steps that wait for a person: the card in a chat, and the page an approval can be linked by. */
export { ApprovalCard } from './approval-card.tsx';
export { ApprovalScreen } from './approval-screen.tsx';
