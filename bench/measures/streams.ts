/**
 * Twenty new chats at the same moment, with the default number of workers, so that most have to wait in line. Counted
 * from the raw streams: those that did not complete with exactly one `done`, those whose pieces of text do not add up to
 * the finished answer, and event numbers that came twice. Beside it the longest stall of the server's event loop, from
 * `/metrics`; a stall of t means that nobody was answered for t.
 */
import { type Bench, prompt } from '../lib/bench.ts';
import { readMetrics, type Turn, takeTurn } from '../lib/hearth.ts';
import type { Row } from '../lib/report.ts';
import { ms } from '../lib/stats.ts';

const count = 20;

const repeated = ({ seqs }: Turn): number => seqs.length - new Set(seqs).size;
const isComplete = ({ dones, errors, answered }: Turn): boolean =>
  dones === 1 && errors.length === 0 && answered !== '';

export const measureStreams = async ({ hearth, keys, say }: Bench): Promise<Row[]> => {
  await readMetrics(hearth.url);
  const startedAt = performance.now();
  const turns = await Promise.all(
    Array.from({ length: count }, () => takeTurn(hearth, { key: keys(), sessionId: null, prompt })),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const metrics = await readMetrics(hearth.url);
  const lag = (name: string): string => ms((metrics.get(`nodejs_eventloop_lag_${name}_seconds`) ?? Number.NaN) * 1000);
  const incomplete = turns.filter((turn) => !isComplete(turn)).length;
  const lost = turns.filter((turn) => turn.streamed !== turn.answered).length;
  const doubled = turns.reduce((sum, turn) => sum + repeated(turn), 0);
  const errors = new Set(turns.flatMap((turn) => turn.errors));
  if (errors.size > 0) say(`streams reported: ${[...errors].join('; ')}`);
  return [
    {
      measure: `${count} streams at once: incomplete / text lost / events doubled`,
      ours: `${incomplete} / ${lost} / ${doubled}`,
      limit: '0 / 0 / 0',
      ok: incomplete + lost + doubled === 0,
    },
    { measure: `${count} streams at once, until the last is done`, ours: `${seconds.toFixed(1)} s`, ok: null },
    { measure: 'event loop meanwhile: longest stall (p99)', ours: `${lag('max')} (${lag('p99')})`, ok: null },
  ];
};
