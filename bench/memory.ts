/**
 * `npm run bench:memory -- --set <locomo10.json> [--chats 10] [--write]`: how many of the messages that answer a question
 * are among the first 5, 10 and 20 results, on a public set of long conversations. Each message is one memory, stored
 * as it is; each conversation has an owner of its own. Ours beside its two halves, words alone and meaning alone, with
 * the same embedder in the same run.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { createBundledEmbedder } from '../packages/server/src/adapters/embedder/bundled.ts';
import { createSqliteSearchIndex } from '../packages/server/src/adapters/search-index/sqlite/index.ts';
import { systemClock } from '../packages/server/src/kernel/clock.ts';
import { newId } from '../packages/server/src/kernel/ids.ts';
import { neighbourReach, type Place, rank } from '../packages/server/src/modules/memory/rank.ts';
import { describeMachine, type Row, renderTable, writeTable } from './lib/report.ts';
import { median, ms, p95 } from './lib/stats.ts';

const turnShape = z.looseObject({ speaker: z.string(), dia_id: z.string(), text: z.string() });
const chatShape = z.looseObject({
  conversation: z.record(z.string(), z.unknown()),
  qa: z.array(z.looseObject({ question: z.string(), evidence: z.array(z.string()), category: z.number() })),
});
type Chat = z.infer<typeof chatShape>;

/** Questions whose answer is not in the conversation. */
const unanswerable = 5;
const cuts = [5, 10, 20] as const;
const candidates = 60;

interface Turn extends Place {
  code: string;
  text: string;
}

const turnsOf = ({ conversation }: Chat): Turn[] =>
  Object.entries(conversation)
    .filter(([name, value]) => /^session_\d+$/.test(name) && Array.isArray(value))
    .flatMap(([name, value]) =>
      z
        .array(turnShape)
        .parse(value)
        .map((turn, at) => ({
          id: newId(),
          runId: name,
          runNo: at + 1,
          occurredAt: '2023-01-01T00:00:00.000Z',
          code: turn.dia_id,
          text: `${turn.speaker}: ${turn.text}`,
        })),
    );

interface Question {
  text: string;
  evidence: ReadonlySet<string>;
}

const questionsOf = ({ qa }: Chat, turns: readonly Turn[]): Question[] => {
  const byCode = new Map(turns.map((turn) => [turn.code, turn.id]));
  return qa
    .filter(({ category }) => category !== unanswerable)
    .map(({ question, evidence }) => ({
      text: question,
      evidence: new Set(evidence.flatMap((codes) => codes.split(/[;,\s]+/)).flatMap((code) => byCode.get(code) ?? [])),
    }))
    .filter(({ evidence }) => evidence.size > 0);
};

const found = (ranked: readonly string[], evidence: ReadonlySet<string>, cut: number): number =>
  ranked.slice(0, cut).filter((id) => evidence.has(id)).length / evidence.size;

const { values } = parseArgs({
  options: { set: { type: 'string' }, chats: { type: 'string', default: '10' }, write: { type: 'boolean' } },
});
if (values.set === undefined) throw new Error('--set <file> is missing: the path of the evaluation set');
const chats = z
  .array(chatShape)
  .parse(JSON.parse(readFileSync(values.set, 'utf8')))
  .slice(0, Number(values.chats));
const machine = describeMachine();
const dir = mkdtempSync(join(tmpdir(), 'hearth-bench-memory-'));
const index = createSqliteSearchIndex({ dir, clock: systemClock });
const embedder = createBundledEmbedder({ clock: systemClock });
const sums = { meaning: [0, 0, 0], words: [0, 0, 0], ours: [0, 0, 0] };
const times: number[] = [];
let asked = 0;
let stored = 0;
let storeMs = 0;

const storeTurns = async (ownerId: string, turns: readonly Turn[]): Promise<void> => {
  const began = performance.now();
  for (let at = 0; at < turns.length; at += 64) {
    const slice = turns.slice(at, at + 64);
    const vectors = await embedder.embed(
      slice.map(({ text }) => text),
      { kind: 'text' },
    );
    const items = slice.map(({ id, text, runId }, n) => ({
      id,
      text,
      runId,
      agentId: 'main',
      vector: vectors[n] ?? null,
    }));
    await index.upsert({ collection: 'memories', ownerId }, items);
  }
  storeMs += performance.now() - began;
  stored += turns.length;
};

/** What `recall.ts` does, without the database around it. */
const rankOurs = async (ownerId: string, turns: readonly Turn[], text: string, vector: Float32Array | null) => {
  const scope = { collection: 'memories', ownerId };
  const hits = await index.query(scope, { text, vector, candidates });
  const byId = new Map(turns.map((turn) => [turn.id, turn]));
  const near = new Set(hits.map(({ id }) => id));
  for (const { id } of hits) {
    const turn = byId.get(id);
    for (const other of turns)
      if (turn && other.runId === turn.runId && Math.abs(other.runNo - turn.runNo) <= neighbourReach)
        near.add(other.id);
  }
  const known = new Set(hits.map(({ id }) => id));
  const missing = [...near].filter((id) => !known.has(id));
  const scored = await index.score(scope, { text, vector }, missing);
  const places = new Map(turns.filter(({ id }) => near.has(id)).map((turn) => [turn.id, turn]));
  return rank({ hits: [...hits, ...scored], places, graph: new Map(), now: new Date() }).map(({ id }) => id);
};

try {
  await index.prepare('memories', await embedder.space());
  for (const [number, chat] of chats.entries()) {
    console.error(`conversation ${number + 1} of ${chats.length} …`);
    const ownerId = newId();
    const turns = turnsOf(chat);
    await storeTurns(ownerId, turns);
    for (const { text, evidence } of questionsOf(chat, turns)) {
      const [vector = null] = await embedder.embed([text], { kind: 'query' });
      const began = performance.now();
      const ours = await rankOurs(ownerId, turns, text, vector);
      times.push(performance.now() - began);
      const hits = await index.query({ collection: 'memories', ownerId }, { text, vector, candidates });
      const by = (score: (hit: (typeof hits)[number]) => number): string[] =>
        hits.toSorted((a, b) => score(b) - score(a)).map(({ id }) => id);
      const lists = { ours, words: by((hit) => hit.words), meaning: by((hit) => hit.meaning ?? 0) };
      for (const name of ['ours', 'words', 'meaning'] as const)
        cuts.forEach((cut, at) => {
          sums[name][at] = (sums[name][at] ?? 0) + found(lists[name], evidence, cut);
        });
      asked += 1;
    }
  }
} finally {
  await index.close();
  await embedder.close();
  rmSync(dir, { recursive: true, force: true });
}

const limits: Record<number, number> = { 5: 0.6, 10: 0.7 };
const rows: Row[] = cuts.map((cut, at) => {
  const [ours, words, meaning] = (['ours', 'words', 'meaning'] as const).map((name) => (sums[name][at] ?? 0) / asked);
  const limit = limits[cut];
  return {
    measure: `recall@${cut}, ${asked} questions; reference: words alone / meaning alone`,
    ours: (ours ?? 0).toFixed(3),
    reference: `${(words ?? 0).toFixed(3)} / ${(meaning ?? 0).toFixed(3)}`,
    ...(limit === undefined ? { ok: null } : { limit: `>= ${limit}`, ok: (ours ?? 0) >= limit }),
  };
});
rows.push(
  {
    measure: `search without embedding, ${Math.round(stored / chats.length)} memories each, median (p95)`,
    ours: `${ms(median(times))} (${ms(p95(times))})`,
    ok: null,
  },
  {
    measure: 'memories stored per second, with embedding',
    ours: `${Math.round(stored / (storeMs / 1_000))}`,
    ok: null,
  },
);
const table = renderTable(machine, rows);
console.log(table);
if (values.write) writeTable(join(import.meta.dirname, '../docs/benchmarks.md'), table, 'bench-memory');
