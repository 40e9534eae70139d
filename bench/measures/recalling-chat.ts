/**
 * Time to the first text in a running chat that recalls: a thousand memories, a different question each turn (so that none
 * has been embedded before), and every answer says which memories it was given. Beside the SDK kept alive, in turns.
 * What the model itself takes, from a request to the first piece of its answer, is counted apart and taken off: reading
 * a long conversation costs the stand-in some milliseconds too.
 */
import { addedMemoriesSchema, messageListSchema } from '@hearth/contract';
import { z } from 'zod';
import type { Bench } from '../lib/bench.ts';
import { createKeys, firstTextOf, type Hearth, type Keys, startHearth, takeTurn } from '../lib/hearth.ts';
import { expectStatus } from '../lib/http.ts';
import { keepQuery, rawOptions } from '../lib/raw-sdk.ts';
import type { Row } from '../lib/report.ts';
import { median, ms, times } from '../lib/stats.ts';
import { both, type Contender, inTurns, limits, rawPlace } from './first-text.ts';

const memories = 1_000;
const turns = 30;
const warmUps = 3;
const perRequest = 100;
const timesShape = z.object({ times: z.array(z.number()) });

const things = [
  'spare key',
  'ladder',
  'fuse box',
  'tent',
  'drill',
  'router',
  'boiler manual',
  'bike pump',
  'sewing box',
  'camping stove',
];
const places = ['hall', 'cellar', 'attic', 'garage', 'kitchen', 'shed', 'study', 'guest room', 'bathroom', 'balcony'];
const thing = (at: number): string => `${things[at % 10]} number ${at}`;

const remember = async ({ url }: Hearth, keys: Keys): Promise<void> => {
  for (let at = 0; at < memories; at += perRequest) {
    const messages = Array.from({ length: perRequest }, (_, n) => ({
      role: 'user',
      content: `The ${thing(at + n)} is on shelf ${n} in the ${places[Math.floor((at + n) / 10) % 10]}.`,
    }));
    const { body } = await expectStatus(201, `${url}/api/v1/memories`, {
      method: 'POST',
      headers: { 'X-API-Key': keys(), 'Content-Type': 'application/json' },
      body: JSON.stringify({ messages, infer: false }),
    });
    addedMemoriesSchema.parse(JSON.parse(body.toString()));
  }
};

/** Of the answers so far, those that were given memories. */
const recalledIn = async ({ url }: Hearth, keys: Keys, sessionId: string): Promise<number> => {
  const { body } = await expectStatus(200, `${url}/api/v1/sessions/${sessionId}/messages?page_size=100`, {
    headers: { 'X-API-Key': keys() },
  });
  const { runs } = messageListSchema.parse(JSON.parse(body.toString()));
  return runs.filter((run) => run.memories_used.length > 0).length;
};

/** The values are what comes on top of the model; beside them what the model took, turn by turn. */
interface Timed extends Contender {
  model: number[];
}

/** How long the model took for the answer it gave last. */
const modelTook = async (modelUrl: string): Promise<number> => {
  const { body } = await expectStatus(200, `${modelUrl}/stand-in/times`);
  const last = timesShape.parse(JSON.parse(body.toString())).times.at(-1);
  if (last === undefined) throw new Error('the model was not asked');
  return last;
};

const timed = (turn: () => Promise<number>, modelUrl: string): Timed => {
  const one: Timed = {
    values: [],
    model: [],
    async turn() {
      const whole = await turn();
      const model = await modelTook(modelUrl);
      one.model.push(model);
      return whole - model;
    },
  };
  return one;
};

const wholeOf = ({ values, model }: Timed): number[] => values.map((value, at) => value + (model[at] ?? 0));

const ratioOf = (ours: number[], alive: number[]): number => median(ours) / median(alive);

const verdict = (ours: number[], alive: number[]): Row['ok'] =>
  median(ours) < limits.runningMs || (ratioOf(ours, alive) < limits.runningRatio && 'in proportion');

const rowsOf = (ours: Timed, alive: Timed, recalled: number): Row[] => [
  {
    measure: `running chat that recalls from ${memories} memories, first text above the model, ${turns} turns (${recalled} of the last recalled); reference: SDK kept alive`,
    ours: both(ours.values),
    reference: both(alive.values),
    ratio: times(ratioOf(ours.values, alive.values)),
    limit: `< ${ms(limits.runningMs)}`,
    ok: recalled >= turns && verdict(ours.values, alive.values),
  },
  {
    measure: `the same with the model, which took ${ms(median(ours.model))} and ${ms(median(alive.model))}`,
    ours: both(wholeOf(ours)),
    reference: both(wholeOf(alive)),
    ratio: times(ratioOf(wholeOf(ours), wholeOf(alive))),
    ok: null,
  },
];

export const measureRecallingChat = async (bench: Bench): Promise<Row[]> => {
  const { scope, modelUrl } = bench;
  const hearth = await startHearth(scope, { home: scope.folder('recalling'), modelUrl, recalls: true });
  const kept = keepQuery(await rawOptions(rawPlace(bench)));
  try {
    const keys = await createKeys(hearth.url);
    await remember(hearth, keys);
    let asked = 0;
    const question = (): string => `Hello! Do you know where the ${thing((asked++ * 37) % memories)} is?`;
    const { sessionId } = await takeTurn(hearth, { key: keys(), sessionId: null, prompt: question() });
    const turn = async (): Promise<number> =>
      firstTextOf(await takeTurn(hearth, { key: keys(), sessionId, prompt: question() }));
    const ours = timed(turn, modelUrl);
    const alive = timed(() => kept.turn(question()), modelUrl);
    await inTurns([ours, alive], warmUps);
    for (const one of [ours, alive]) [one.values, one.model] = [[], []];
    await inTurns([ours, alive], turns);
    return rowsOf(ours, alive, await recalledIn(hearth, keys, sessionId));
  } finally {
    kept.close();
    await hearth.process.end();
  }
};
