/**
 * Memories out of and into Hearth as JSON Lines, one memory a line. Also reads the lines (or the `results` list) that
 * Mem0 gives out. A line that cannot be used is named with its number; the others are taken.
 */
import type { importedMemoriesSchema, Memory } from '@hearth/contract';
import { memoryAuthorSchema, memoryMetadataSchema } from '@hearth/contract';
import { z } from 'zod';
import { tryParseJson } from '../../kernel/json.ts';
import type { Following } from './following.ts';
import { type MemoryStore, toMemory } from './store.ts';
import type { Draft, DraftPlace } from './writer.ts';

export interface MemoryTransfer {
  /** All memories, corrected ones too, oldest first. */
  lines(ownerId: string): AsyncGenerator<string>;
  read(ownerId: string, text: string): Promise<z.infer<typeof importedMemoriesSchema>>;
}

const pageSize = 200;

/** Our own lines and Mem0's: `memory` is the text in both. */
const lineShape = z.object({
  memory: z.string().trim().min(1).max(100_000),
  agent_id: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,64}$/)
    .nullish(),
  run_id: z.string().min(1).max(128).nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  categories: z.array(z.string()).nullish(),
  category: z.string().max(100).nullish(),
  author: memoryAuthorSchema.nullish(),
  occurred_at: z.iso.datetime({ offset: true }).nullish(),
  created_at: z.iso.datetime({ offset: true }).nullish(),
  superseded_by: z.string().nullish(),
});
type Line = z.infer<typeof lineShape>;
const wrapped = z.object({ results: z.array(z.unknown()) });

/** Values that metadata may hold; of others nothing is taken over. */
const plainMetadata = (metadata: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(metadata).filter(([name, value]) => memoryMetadataSchema.safeParse({ [name]: value }).success),
  );

const draftOf = (line: Line, now: string): Draft => {
  const metadata = plainMetadata(line.metadata ?? {});
  const category = line.category ?? line.categories?.[0] ?? metadata.category;
  const at = line.occurred_at ?? line.created_at;
  return {
    text: line.memory,
    // Whose words they were is believed of our own lines alone; from elsewhere they are somebody's notes.
    author: line.author ?? 'untrusted',
    category: typeof category === 'string' ? category.slice(0, 100) : null,
    metadata,
    sessionId: null,
    messageId: null,
    occurredAt: at ? new Date(at).toISOString() : now,
    graph: null,
    repeats: null,
    corrects: null,
  };
};

const splitLines = (text: string): unknown[] => {
  const whole =
    tryParseJson(wrapped, text) ??
    tryParseJson(
      z.array(z.unknown()).transform((results) => ({ results })),
      text,
    );
  if (whole) return whole.results;
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [tryParseJson(z.unknown(), line)]));
};

/** All memories of an owner from the rows, corrected ones too, oldest first. */
export const createRowReader = (store: Pick<MemoryStore, 'after'>) =>
  async function* (ownerId: string): AsyncGenerator<Memory> {
    let last: Parameters<MemoryStore['after']>[1] = null;
    for (;;) {
      const rows = await store.after(ownerId, last, pageSize);
      for (const row of rows) yield toMemory(row);
      last = rows.at(-1) ?? null;
      if (rows.length < pageSize) return;
    }
  };

export type WriteOne = (place: DraftPlace, draft: Draft) => Promise<'stored' | 'known' | 'blocked'>;

export const createMemoryTransfer = (deps: {
  /** Oldest first. */
  all: (ownerId: string) => AsyncIterable<Memory> | Iterable<Memory> | Promise<Iterable<Memory>>;
  /** For the lines of one import. */
  writer: (ownerId: string) => Promise<WriteOne>;
  now: () => Date;
  settle: Following['settle'];
}): MemoryTransfer => ({
  async *lines(ownerId) {
    for await (const one of await deps.all(ownerId)) {
      const { id, memory, agent_id, run_id, category, metadata, author, occurred_at, created_at, superseded_by } = one;
      const line = { id, memory, agent_id, run_id, category, metadata, author, occurred_at, created_at, superseded_by };
      yield `${JSON.stringify(line)}\n`;
    }
  },
  async read(ownerId, text) {
    const refused: { line: number; message: string }[] = [];
    let imported = 0;
    let merged = 0;
    const now = deps.now().toISOString();
    const write = await deps.writer(ownerId);
    for (const [index, value] of splitLines(text).entries()) {
      const line = lineShape.safeParse(value);
      if (!line.success) {
        const [issue] = line.error.issues;
        refused.push({
          line: index + 1,
          message: `${issue?.path.join('.') || 'line'}: ${issue?.message ?? 'not usable'}`,
        });
        continue;
      }
      // What was corrected before is not to come back as true.
      if (line.data.superseded_by) continue;
      const place = { agentId: line.data.agent_id ?? 'main', runId: line.data.run_id ?? null };
      const outcome = await write(place, draftOf(line.data, now));
      if (outcome === 'stored') imported += 1;
      else if (outcome === 'known') merged += 1;
      else refused.push({ line: index + 1, message: 'holds personal data' });
    }
    if (imported > 0) await deps.settle(ownerId, 'all');
    return { imported, merged, refused };
  },
});
