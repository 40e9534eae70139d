import type { Embedder } from '../../packages/server/src/ports/embedder.ts';
import type { Text } from './library.ts';
export interface Mem0 {
  add(ownerId: string, texts: readonly Text[]): Promise<void>;
  find(ownerId: string, query: string, limit: number): Promise<Text[]>;
  close(): Promise<void>;
}
export const openMem0 = async (_embedder: Embedder): Promise<Mem0 | null> => null;
