/**
 * Memory: facts with where they came from, found again by words, meaning, people and things. The SQL row is the truth
 * (`store.ts`); index and graph follow it (`sync.ts`); `recall.ts` finds, `rank.ts` says in which order and why,
 * `period.ts` reads the time in a question, `writer.ts` merges (`near.ts`) and corrects, `news.ts` tells what has changed,
 * `extract.ts` finds facts in conversations, `chat.ts` brings both into chats.
 * Over an engine that is not ours, `engine-part.ts` joins the same pieces around `engine-memories.ts`.
 */
export { createMemoryPart, type MemoryPart } from './part.ts';
export { registerMemoryRoutes } from './routes.ts';
