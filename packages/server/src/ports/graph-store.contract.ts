/** What every graph store must do. */
import { expect, it } from 'vitest';
import { newId } from '../kernel/ids.ts';
import type { GraphFact, GraphStore } from './graph-store.ts';

const since = '2026-01-01T00:00:00.000Z';
const fact = (memoryId: string, relations: [string, string, string][], entities: string[] = []): GraphFact => ({
  memoryId,
  since,
  entities: entities.map((name) => ({ name, kind: 'person' })),
  relations: relations.map(([from, type, to]) => ({ from, type, to })),
});

export const graphStoreContract = (make: () => Promise<GraphStore>): void => {
  const fresh = async () => ({ graph: await make(), owner: newId() });
  const idOf = async (graph: GraphStore, owner: string, name: string): Promise<string> =>
    (await graph.mentioned(owner, name))[0]?.id ?? '';
  const names = (found: { entities: readonly { name: string }[] } | null): string[] =>
    (found?.entities ?? []).map(({ name }) => name).toSorted();

  it('keeps people and things as long as a memory speaks of them', async () => {
    const { graph, owner } = await fresh();
    await graph.put(owner, fact('a', [['Sarah', 'works_at', 'Anthropic']]));
    await graph.put(
      owner,
      fact('b', [
        ['Sarah', 'works_at', 'Anthropic'],
        ['Sarah', 'lives_in', 'Lisbon'],
      ]),
    );
    expect(await graph.count(owner)).toEqual({ entities: 3, relations: 2 });
    const { relations } = await graph.overview(owner, 10);
    expect(relations.find(({ type }) => type === 'works_at')?.memoryIds.toSorted()).toEqual(['a', 'b']);
    await graph.forget(owner, ['b']);
    expect(names(await graph.overview(owner, 10))).toEqual(['Anthropic', 'Sarah']);
    await graph.forget(owner, ['a', 'never']);
    expect(await graph.count(owner)).toEqual({ entities: 0, relations: 0 });
    expect(await graph.memoryIds(owner, null)).toEqual([]);
  });

  it('takes what a memory says now in place of what it said before', async () => {
    const { graph, owner } = await fresh();
    await graph.put(owner, fact('a', [['Sarah', 'works_at', 'Anthropic']]));
    await graph.put(owner, fact('a', [], ['Tom']));
    expect(names(await graph.overview(owner, 10))).toEqual(['Tom']);
  });

  it('ends what was corrected: nobody finds it, and it can still be forgotten', async () => {
    const { graph, owner } = await fresh();
    await graph.put(owner, fact('old', [['Sarah', 'lives_in', 'Berlin']]));
    await graph.put(owner, fact('new', [['Sarah', 'lives_in', 'Lisbon']]));
    await graph.retire(owner, ['old'], '2026-02-01T00:00:00.000Z');
    const sarah = await idOf(graph, owner, 'Sarah');
    expect(names(await graph.around(owner, [sarah], { depth: 1, limit: 10 }))).toEqual(['Lisbon', 'Sarah']);
    expect(await graph.mentioned(owner, 'in Berlin')).toEqual([]);
    expect(await graph.count(owner)).toEqual({ entities: 2, relations: 1 });
    expect(await graph.memoryIds(owner, null)).toEqual(['new', 'old']);
    await graph.forget(owner, ['old']);
    expect(await graph.memoryIds(owner, null)).toEqual(['new']);
  });

  it('finds names as whole words, whatever their case and width, the longest first', async () => {
    const { graph, owner } = await fresh();
    await graph.put(owner, fact('a', [], ['Ann', 'Ann Marie Smith', 'Café Linde', '李雷']));
    const found = async (text: string) => (await graph.mentioned(owner, text)).map(({ name }) => name);
    expect(await found('When did ANN MARIE SMITH, come?')).toEqual(['Ann Marie Smith', 'Ann']);
    expect(await found('the Annex of the annual fair')).toEqual([]);
    expect(await found('lunch at “café linde”!')).toEqual(['Café Linde']);
    expect(await found('')).toEqual([]);
    expect(await found('... !!!')).toEqual([]);
  });

  it('goes as far as it is asked to, and no further', async () => {
    const { graph, owner } = await fresh();
    await graph.put(
      owner,
      fact('a', [
        ['A', 'knows', 'B'],
        ['B', 'knows', 'C'],
        ['D', 'knows', 'C'],
        ['A', 'is', 'A'],
      ]),
    );
    const [a, d] = [await idOf(graph, owner, 'A'), await idOf(graph, owner, 'D')];
    const at = async (depth: number, limit = 50) => names(await graph.around(owner, [a], { depth, limit }));
    expect(await at(0)).toEqual(['A']);
    expect(await at(1)).toEqual(['A', 'B']);
    expect(await at(2)).toEqual(['A', 'B', 'C']);
    expect(await at(3)).toEqual(['A', 'B', 'C', 'D']);
    expect(await at(3, 2)).toHaveLength(2);
    expect(names(await graph.path(owner, a, d, 3))).toEqual(['A', 'B', 'C', 'D']);
    expect(await graph.path(owner, d, a, 2)).toBeNull();
    expect(await graph.around(owner, [newId()], { depth: 1, limit: 5 })).toEqual({ entities: [], relations: [] });
  });

  it('never mixes owners', async () => {
    const { graph, owner } = await fresh();
    const other = newId();
    await graph.put(owner, fact('a', [['Eva', 'likes', 'Tea']]));
    await graph.put(other, fact('b', [['Eva', 'likes', 'Coffee']]));
    expect(names(await graph.overview(owner, 10))).toEqual(['Eva', 'Tea']);
    const eva = await idOf(graph, other, 'Eva');
    expect(await graph.around(owner, [eva], { depth: 2, limit: 10 })).toEqual({ entities: [], relations: [] });
    await graph.forget(owner, ['b']);
    await graph.clear(owner);
    expect(await graph.count(owner)).toEqual({ entities: 0, relations: 0 });
    expect(await graph.count(other)).toEqual({ entities: 2, relations: 1 });
  });

  it('takes every name and type as it is', async () => {
    const { graph, owner } = await fresh();
    const odd = ["') MATCH (n) DETACH DELETE n //", '{"$ne": 1}', "x'; drop table owners; --", 'n'.repeat(300)];
    await graph.put(
      owner,
      fact(
        'a',
        odd.map((name) => [name, "r' OR 1=1", 'Home']),
      ),
    );
    expect(await graph.count(owner)).toEqual({ entities: 5, relations: 4 });
    expect((await graph.mentioned(owner, odd[0] ?? ''))[0]?.name).toBe(odd[0]);
  });

  it('bears many writers of the same names at once', async () => {
    const { graph, owner } = await fresh();
    const all = Array.from({ length: 40 }, (_, at) => fact(`m${at}`, [['Eva', 'met', `Guest ${at % 5}`]]));
    await Promise.all(all.map((one) => graph.put(owner, one)));
    expect(await graph.count(owner)).toEqual({ entities: 6, relations: 5 });
    expect((await graph.memoryIds(owner, 'm38')).length).toBeGreaterThan(0);
    await expect(graph.ping()).resolves.toBeUndefined();
  });
};
