/**
 * Time to the first text with a model that answers at once, so that only our own cost is left: from the request being
 * sent until the first piece of text has been read. Contenders take turns, each round in another order.
 * Running chat: 30 turns in one session over HTTP, beside the SDK kept alive with streaming input.
 * New chat: a first turn with a spare worker ready, beside the SDK with a fresh process for each prompt, and
 * beside a process the SDK itself started ahead.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Bench, prompt } from '../lib/bench.ts';
import { firstTextOf, takeTurn } from '../lib/hearth.ts';
import { waitUntilQuiet } from '../lib/proc.ts';
import { freshFirstText, keepQuery, type RawPlace, rawOptions, startedFirstText } from '../lib/raw-sdk.ts';
import type { Row } from '../lib/report.ts';
import { median, ms, p95, times } from '../lib/stats.ts';

const runningTurns = 30;
const newChats = 8;
const rawQueries = 6;
const warmUps = 2;
export const limits = { runningMs: 60, runningRatio: 1.6, newMs: 200, newGain: 3 };

export interface Contender {
  turn: () => Promise<number>;
  values: number[];
}

export const both = (values: readonly number[]): string => `${ms(median(values))} (p95 ${ms(p95(values))})`;

export const rawPlace = ({ scope, modelUrl }: Pick<Bench, 'scope' | 'modelUrl'>): RawPlace => {
  const home = scope.folder('sdk');
  const [workspace, configDir] = [join(home, 'workspace'), join(home, 'claude')];
  for (const path of [workspace, configDir]) mkdirSync(path);
  return { home, workspace, configDir, modelUrl };
};

/** Every contender once per round; who goes first changes. */
export const inTurns = async (contenders: readonly Contender[], rounds: number): Promise<void> => {
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < contenders.length; place += 1) {
      const contender = contenders[(place + round) % contenders.length];
      contender?.values.push(await contender.turn());
    }
  }
};

export const measureRunningChat = async (bench: Bench): Promise<Row[]> => {
  const { hearth, keys } = bench;
  const place = rawPlace(bench);
  const kept = keepQuery(await rawOptions(place));
  const plain = keepQuery(await rawOptions(place, true));
  try {
    const { sessionId } = await takeTurn(hearth, { key: keys(), sessionId: null, prompt });
    const turn = async (): Promise<number> => firstTextOf(await takeTurn(hearth, { key: keys(), sessionId, prompt }));
    const ours: Contender = { turn, values: [] };
    const alive: Contender = { turn: () => kept.turn(prompt), values: [] };
    const bare: Contender = { turn: () => plain.turn(prompt), values: [] };
    const contenders = [ours, alive, bare];
    await inTurns(contenders, warmUps);
    for (const contender of contenders) contender.values = [];
    await inTurns(contenders, runningTurns);
    return runningRows(ours.values, alive.values, bare.values);
  } finally {
    kept.close();
    plain.close();
  }
};

const runningRows = (ours: number[], alive: number[], bare: number[]): Row[] => {
  const ratio = median(ours) / median(alive);
  return [
    {
      measure: `running chat, first text, ${ours.length} turns; reference: SDK kept alive`,
      ours: both(ours),
      reference: both(alive),
      ratio: times(ratio),
      limit: `< ${ms(limits.runningMs)}, <= ${limits.runningRatio}x`,
      ok: ratio <= limits.runningRatio && (median(ours) < limits.runningMs || 'in proportion'),
    },
    {
      measure: 'the same beside an SDK without transcript store and tool gate',
      ours: both(ours),
      reference: both(bare),
      ratio: times(median(ours) / median(bare)),
      ok: null,
    },
  ];
};

export const measureNewChat = async (bench: Bench): Promise<Row[]> => {
  const { hearth, keys, say } = bench;
  const place = rawPlace(bench);
  const ours: number[] = [];
  const fresh: number[] = [];
  const started: number[] = [];
  const atRest = (): Promise<boolean> => waitUntilQuiet(process.pid);
  let unready = 0;
  for (let round = 0; round < newChats; round += 1) {
    if (!(await waitUntilQuiet(hearth.process.pid))) unready += 1;
    ours.push(firstTextOf(await takeTurn(hearth, { key: keys(), sessionId: null, prompt })));
    if (round >= rawQueries) continue;
    await waitUntilQuiet(hearth.process.pid);
    fresh.push(await freshFirstText(await rawOptions(place), prompt));
    started.push(await startedFirstText(await rawOptions(place), prompt, atRest));
  }
  if (unready > 0) say(`${unready} of ${newChats} new chats were started before the spare had come to rest`);
  say(`new chats one by one: ${ours.map(ms).join(', ')}`);
  return newChatRows(ours, fresh, started);
};

const newChatRows = (ours: number[], fresh: number[], started: number[]): Row[] => [
  {
    measure: `new chat with a spare, first text, ${ours.length} chats; reference: fresh SDK query`,
    ours: both(ours),
    reference: both(fresh),
    ratio: times(median(ours) / median(fresh)),
    limit: `< ${ms(limits.newMs)}, <= ${(1 / limits.newGain).toFixed(2)}x`,
    ok: median(fresh) >= limits.newGain * median(ours) && (median(ours) < limits.newMs || 'in proportion'),
  },
  {
    measure: 'the same beside an SDK process started ahead with `startup()`',
    ours: both(ours),
    reference: both(started),
    ratio: times(median(ours) / median(started)),
    ok: null,
  },
];
