/**
 * Recall: how many of the messages that answer a question are among the first 5, 10 and 20 results. Each message is one
 * memory, stored as it is; each conversation has an owner of its own. Beside ours, in the same run and with the same
 * embedder: its two halves, words alone and meaning alone, and Mem0 where its package is installed.
 */
import { createBundledEmbedder } from '../../packages/server/src/adapters/embedder/bundled.ts';
import { systemClock as clock } from '../../packages/server/src/kernel/clock.ts';
import type { Embedder } from '../../packages/server/src/ports/embedder.ts';
import type { IndexHit } from '../../packages/server/src/ports/search-index.ts';
import type { Row } from '../lib/report.ts';
import { median, ms, p95, times } from '../lib/stats.ts';
import { type Conversation, readConversations, type Turn } from './conversations.ts';
import { type Library, openLibrary } from './library.ts';
import { type Mem0, openMem0 } from './mem0.ts';

const cuts = [5, 10, 20] as const;
const limits: Record<number, number> = { 5: 0.6, 10: 0.7 };
const mostAsked = 20;
const candidates = 60;

/** Codes of messages, best first. */
type Answer = readonly string[];

interface Contender {
  sums: number[];
  times: number[];
}

const contender = (): Contender => ({ sums: cuts.map(() => 0), times: [] });

const note = ({ sums }: Contender, answer: Answer, evidence: ReadonlySet<string>): void =>
  cuts.forEach((cut, at) => {
    const found = answer.slice(0, cut).filter((code) => evidence.has(code)).length;
    sums[at] = (sums[at] ?? 0) + found / evidence.size;
  });

const timed = async <T>(into: number[], work: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  const value = await work();
  into.push(performance.now() - began);
  return value;
};

interface Contest {
  library: Library;
  embedder: Embedder;
  mem0: Mem0 | null;
  ours: Contender;
  words: Contender;
  meaning: Contender;
  theirs: Contender;
  asked: number;
  stored: number;
  storeMs: number;
}

const keyOf = ({ runId, text }: Pick<Turn, 'runId' | 'text'>): string => `${runId}\n${text}`;

const takePart = async (contest: Contest, { turns, questions }: Conversation): Promise<void> => {
  const { library, embedder, mem0 } = contest;
  const ownerId = await library.makeOwner();
  const codes = new Map(turns.map((turn) => [keyOf(turn), turn.code]));
  const began = performance.now();
  const rows = await library.add(ownerId, turns);
  await library.settle(ownerId);
  contest.storeMs += performance.now() - began;
  contest.stored += rows.length;
  await mem0?.add(ownerId, turns);
  const codeOf = new Map(rows.map((row) => [row.id, codes.get(keyOf(row)) ?? '']));
  const named = (ids: readonly string[]): Answer => ids.map((id) => codeOf.get(id) ?? '');
  for (const { text, evidence } of questions) {
    // Embedded ahead: the vector comes from the embedder's memory for each of them.
    const [vector = null] = await embedder.embed([text], { kind: 'query' });
    const found = await timed(contest.ours.times, () => library.find(ownerId, text, mostAsked));
    note(contest.ours, named(found.map(({ row }) => row.id)), evidence);
    const hits = await library.index.query({ collection: 'memories', ownerId }, { text, vector, candidates });
    const by = (score: (hit: IndexHit) => number): Answer =>
      named(hits.toSorted((a, b) => score(b) - score(a)).map(({ id }) => id));
    note(
      contest.words,
      by((hit) => hit.words),
      evidence,
    );
    note(
      contest.meaning,
      by((hit) => hit.meaning ?? 0),
      evidence,
    );
    if (mem0) {
      const theirs = await timed(contest.theirs.times, () => mem0.find(ownerId, text, mostAsked));
      note(
        contest.theirs,
        theirs.map((one) => codes.get(keyOf(one)) ?? ''),
        evidence,
      );
    }
    contest.asked += 1;
  }
};

const rowsOf = (contest: Contest, conversations: number): Row[] => {
  const { ours, words, meaning, theirs, asked, mem0, stored, storeMs } = contest;
  const share = ({ sums }: Contender, at: number): number => (sums[at] ?? 0) / asked;
  const rows = cuts.map((cut, at): Row => {
    const others = [share(words, at), share(meaning, at), ...(mem0 ? [share(theirs, at)] : [])];
    const value = share(ours, at);
    const limit = limits[cut] ?? 0;
    return {
      measure: `recall@${cut}, ${asked} questions; reference: words alone / meaning alone / ${mem0 ? 'Mem0' : 'Mem0 (not installed)'}`,
      ours: value.toFixed(3),
      reference: [...others.map((one) => one.toFixed(3)), ...(mem0 ? [] : ['–'])].join(' / '),
      ratio: times(value / Math.max(...others)),
      limit: limit > 0 ? `>= ${limit}, above all` : 'above all',
      ok: value >= limit && others.every((one) => value > one),
    };
  });
  return [
    ...rows,
    {
      measure: `a question to ${Math.round(stored / conversations)} memories without embedding, median (p95); reference: Mem0`,
      ours: `${ms(median(ours.times))} (${ms(p95(ours.times))})`,
      reference: mem0 ? `${ms(median(theirs.times))} (${ms(p95(theirs.times))})` : '',
      ratio: mem0 ? times(median(ours.times) / median(theirs.times)) : '',
      ok: null,
    },
    {
      measure: 'memories stored and searchable per second, with embedding',
      ours: `${Math.round(stored / (storeMs / 1_000))}`,
      ok: null,
    },
  ];
};

export const measureRecall = async (
  { set, chats }: { set: string; chats: number },
  say: (text: string) => void,
): Promise<Row[]> => {
  const conversations = readConversations(set, chats);
  const embedder = createBundledEmbedder({ clock });
  const library = await openLibrary(embedder);
  const mem0 = await openMem0(embedder);
  const parts = { ours: contender(), words: contender(), meaning: contender(), theirs: contender() };
  const contest: Contest = { library, embedder, mem0, ...parts, asked: 0, stored: 0, storeMs: 0 };
  try {
    for (const [number, conversation] of conversations.entries()) {
      say(`conversation ${number + 1} of ${conversations.length} …`);
      await takePart(contest, conversation);
    }
    return rowsOf(contest, conversations.length);
  } finally {
    await mem0?.close();
    await library.close();
    await embedder.close();
  }
};
