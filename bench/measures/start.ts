/**
 * Start to healthy: from the spawn of the process until `GET /health` answers 200 and healthy. Five starts on the same
 * home; the first one creates database and keys and is shown apart. Reference: bare Hono with node:sqlite. The two take
 * turns. The last pair stays alive for the other measures.
 */
import { type Hearth, startHearth } from '../lib/hearth.ts';
import { type Reference, startReference } from '../lib/reference.ts';
import type { Row } from '../lib/report.ts';
import type { Scope } from '../lib/scope.ts';
import { median, ms, times } from '../lib/stats.ts';

const starts = 5;
const limitMs = 1_000;

export interface StartResult {
  rows: Row[];
  hearth: Hearth;
  reference: Reference;
}

export const measureStart = async (scope: Scope, modelUrl: string): Promise<StartResult> => {
  const home = scope.folder('home');
  const referenceHome = scope.folder('reference');
  const ours: number[] = [];
  const bare: number[] = [];
  for (let index = 1; ; index += 1) {
    const hearth = await startHearth(scope, { home, modelUrl });
    ours.push(hearth.healthyMs);
    if (index < starts) await hearth.process.end();
    const reference = await startReference(scope, referenceHome);
    bare.push(reference.healthyMs);
    if (index === starts) return { rows: toRows(ours, bare), hearth, reference };
    await reference.process.end();
  }
};

const toRows = (ours: number[], bare: number[]): Row[] => {
  const [first = 0, ...later] = ours;
  const [bareFirst = 0, ...bareLater] = bare;
  const [value, reference] = [median(later), median(bareLater)];
  return [
    {
      measure: 'start to healthy, first start',
      ours: ms(first),
      reference: ms(bareFirst),
      ratio: times(first / bareFirst),
      ok: null,
    },
    {
      measure: `start to healthy, median of ${later.length} later starts`,
      ours: ms(value),
      reference: ms(reference),
      ratio: times(value / reference),
      limit: `< ${ms(limitMs)}`,
      ok: value < limitMs,
    },
  ];
};
