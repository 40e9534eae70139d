import { describe, expect, it } from 'vitest';
import type { IndexHit } from '../../ports/search-index.ts';
import { type Place, type RankInput, rank } from './rank.ts';

const now = new Date('2026-11-24T12:00:00Z');
const long = '2020-01-01T00:00:00.000Z';
const place = (id: string, runNo = 0, runId: string | null = null, occurredAt = long): [string, Place] => [
  id,
  { id, runId, runNo, occurredAt },
];
const hit = (id: string, words: number, meaning: number | null): IndexHit => ({ id, words, meaning });
const order = (
  hits: IndexHit[],
  places: [string, Place][],
  { graph = [], period = null }: { graph?: [string, number][]; period?: RankInput['period'] } = {},
) => rank({ hits, places: new Map(places), graph: new Map(graph), period, now });

describe('the order of memories', () => {
  it('weighs meaning a little more than words', () => {
    const ranked = order(
      [hit('words', 9, 0), hit('meaning', 0, 1), hit('both', 9, 0.9)],
      [place('words'), place('meaning'), place('both')],
    );
    expect(ranked.map(({ id }) => id)).toEqual(['both', 'meaning', 'words']);
  });

  it('goes by words alone when nothing has a vector', () => {
    const [best, other] = order([hit('a', 2, null), hit('b', 8, null)], [place('a'), place('b')]);
    expect(best).toMatchObject({ id: 'b', meaning: 0 });
    expect((other?.words ?? 0) / (best?.words ?? 1)).toBeCloseTo(0.25);
  });

  it('lifts what stands beside a good one in the same conversation, in either direction', () => {
    const places = [
      place('q', 5, 'talk'),
      place('a', 6, 'talk'),
      place('b', 7, 'talk'),
      place('far', 9, 'talk'),
      place('other', 6, 'else'),
    ];
    const hits = [hit('q', 9, 0.9), ...['a', 'b', 'far', 'other'].map((id) => hit(id, 0, 0.1))];
    const scores = new Map(order(hits, places).map((one) => [one.id, one.neighbours]));
    expect(scores.get('a')).toBeGreaterThan(scores.get('b') ?? 1);
    expect(scores.get('b')).toBeGreaterThan(scores.get('far') ?? 1);
    expect(scores.get('other')).toBe(0);
  });

  it('prefers the newer one of two that fit equally', () => {
    const places = [place('old'), place('new', 0, null, '2026-11-20T00:00:00.000Z')];
    expect(order([hit('old', 1, 0.5), hit('new', 1, 0.5)], places)[0]?.id).toBe('new');
  });

  it('says how much each part adds, and the parts are the score', () => {
    const [one] = order([hit('a', 3, 0.4)], [place('a')], { graph: [['a', 1]] });
    const { score, id: _id, ...parts } = one ?? { score: 0, id: '' };
    expect(Object.values(parts).reduce((sum: number, part) => sum + Number(part), 0)).toBeCloseTo(score);
    expect(score).toBeLessThanOrEqual(1);
    expect(one?.graph).toBeGreaterThan(0);
  });

  describe('with a time in the question', () => {
    const period = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-04-01T00:00:00Z') };
    const then = '2026-03-09T00:00:00.000Z';
    const at = (id: string, occurredAt: string) => place(id, 0, null, occurredAt);

    it('lifts what was said then, also when nothing else fits', () => {
      const places = [
        at('then', then),
        at('first', '2026-03-01T00:00:00.000Z'),
        at('later', '2026-04-01T00:00:00.000Z'),
      ];
      const hits = places.map(([id]) => hit(id, 0, 0));
      const ranked = order(hits, places, { period });
      expect(ranked.map(({ id }) => id)).toEqual(['then', 'first']);
      expect(ranked[0]?.time).toBeGreaterThan(0.2);
      expect(ranked[0]).toMatchObject({ words: 0, meaning: 0 });
    });

    it('keeps what fits well from another time first, with the score it has without one', () => {
      const places = [at('then', then), at('well', long)];
      const hits = [hit('then', 0, 0.1), hit('well', 9, 0.8)];
      const ranked = order(hits, places, { period });
      expect(ranked.map(({ id }) => id)).toEqual(['well', 'then']);
      expect(ranked[0]).toEqual(order(hits, places)[0]);
    });

    it('decides between two that fit alike, and never gives more than a whole score', () => {
      const places = [at('new', '2026-11-23T00:00:00.000Z'), at('then', then)];
      const ranked = order([hit('new', 9, 1), hit('then', 9, 1)], places, { period, graph: [['then', 1]] });
      expect(ranked[0]?.id).toBe('then');
      expect(ranked[0]?.score).toBeLessThanOrEqual(1);
    });
  });

  it('leaves out what matches in no way, and what is gone', () => {
    expect(order([hit('nothing', 0, 0), hit('gone', 5, 0.9)], [place('nothing')])).toEqual([]);
  });
});
