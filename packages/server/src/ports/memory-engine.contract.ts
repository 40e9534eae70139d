/** What every memory engine must do. */
import { expect, it } from 'vitest';
import { newId } from '../kernel/ids.ts';
import type { EngineAddition, MemoryEngine } from './memory-engine.ts';

const given = (text: string, more: Partial<EngineAddition> = {}): EngineAddition => ({
  messages: [{ role: 'user', text }],
  agentId: 'main',
  runId: null,
  metadata: {},
  infer: false,
  ...more,
});

export const memoryEngineContract = (make: () => Promise<MemoryEngine>): void => {
  const fresh = async () => ({ engine: await make(), owner: newId(), other: newId() });
  const textsOf = (found: readonly { text: string }[]): string[] => found.map(({ text }) => text).sort();
  const find = async (engine: MemoryEngine, owner: string, text: string, limit = 10) =>
    (await engine.search(owner, { text, limit })).map(({ memory }) => memory.text);

  it('stores a text as it is given, with its place and its metadata, and finds it with its parts', async () => {
    const { engine, owner } = await fresh();
    const metadata = { category: 'health', given: { source: 'a doctor', nested: { deep: [1, true, null] } } };
    const place = { agentId: 'main', runId: 'chat 1' };
    const [stored] = await engine.add(owner, given('The owner is allergic to peanuts.', { ...place, metadata }));
    expect(stored).toMatchObject({ text: 'The owner is allergic to peanuts.', ...place, metadata });
    expect(stored?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Date(stored?.createdAt ?? '').toISOString()).toBe(stored?.createdAt);
    await engine.add(owner, given('The bicycle is blue.'));
    const [best] = await engine.search(owner, { text: 'What is the owner allergic to, peanuts?', limit: 5 });
    expect(best?.memory).toEqual(stored);
    expect(best?.score).toBeGreaterThan(0.1);
    expect(best?.score).toBeLessThanOrEqual(1);
    expect((best?.words ?? 0) + (best?.meaning ?? 0) + (best?.names ?? 0)).toBeCloseTo(best?.score ?? -1, 3);
    expect(await engine.get(owner, stored?.id ?? '')).toEqual(stored);
  });

  it('makes one memory of each message, in their order', async () => {
    const { engine, owner } = await fresh();
    const messages = ['I like tea.', 'You like tea.'].map(
      (text, at) => ({ role: at ? 'assistant' : 'user', text }) as const,
    );
    expect((await engine.add(owner, given('', { messages }))).map(({ text }) => text)).toEqual(
      messages.map(({ text }) => text),
    );
  });

  it('keeps owners apart in everything', async () => {
    const { engine, owner, other } = await fresh();
    const [mine] = await engine.add(owner, given('The owner has a dog called Rex.'));
    const id = mine?.id ?? '';
    await engine.add(other, given('The owner has a cat.'));
    expect(await find(engine, other, 'dog called Rex')).not.toContain('The owner has a dog called Rex.');
    expect(textsOf(await engine.list(other))).toEqual(['The owner has a cat.']);
    expect(await engine.get(other, id)).toBeNull();
    expect(await engine.history(other, id)).toEqual([]);
    expect(await engine.update(other, id, { text: 'Taken over.', metadata: {} })).toBeNull();
    expect(await engine.remove(other, id)).toBe(false);
    expect(await engine.get(owner, id)).toEqual(mine);
    expect(await find(engine, owner, 'dog called Rex')).toEqual(['The owner has a dog called Rex.']);
  });

  it('filters by agent and run, whatever characters a run has', async () => {
    const { engine, owner } = await fresh();
    const runs = ['*', 'a b', '100%', 'x=1&y=2', 'ü'];
    for (const runId of runs) await engine.add(owner, given(`The owner likes tea ${runId}`, { runId }));
    await engine.add(owner, given('The owner likes tea, says the other', { agentId: 'other' }));
    for (const runId of runs) {
      expect(textsOf(await engine.list(owner, { runId }))).toEqual([`The owner likes tea ${runId}`]);
      const hits = await engine.search(owner, { text: 'likes tea', limit: 10, runId });
      expect(hits.map(({ memory }) => memory.runId)).toEqual([runId]);
    }
    expect(await engine.list(owner, { agentId: 'other' })).toHaveLength(1);
    expect(await engine.list(owner)).toHaveLength(runs.length + 1);
  });

  it('takes every character of a question as it is, and keeps to the limit', async () => {
    const { engine, owner } = await fresh();
    for (let at = 0; at < 6; at += 1) await engine.add(owner, given(`The owner likes tea number ${at}`));
    for (const text of ['tea" OR 1=1 --', '*', '%', '{"$or":[]}', 'tea AND NOT (', '…'])
      await find(engine, owner, text);
    expect(await find(engine, owner, 'the owner likes tea', 4)).toHaveLength(4);
    expect(await find(engine, owner, 'the owner likes tea', 1)).toHaveLength(1);
  });

  it('changes in place, with a history of the texts', async () => {
    const { engine, owner } = await fresh();
    const [old] = await engine.add(
      owner,
      given('The owner lives in Ulm.', { metadata: { category: 'place', once: 1 } }),
    );
    const id = old?.id ?? '';
    const changed = await engine.update(owner, id, {
      text: 'The owner lives in Bern.',
      metadata: { category: 'home' },
    });
    expect(changed).toMatchObject({ id, text: 'The owner lives in Bern.', metadata: { category: 'home' } });
    expect(changed?.metadata).not.toHaveProperty('once');
    expect(await engine.get(owner, id)).toEqual(changed);
    expect(await find(engine, owner, 'where does the owner live in Bern')).toEqual(['The owner lives in Bern.']);
    // The same text with other metadata is no new version of it.
    await engine.update(owner, id, { text: 'The owner lives in Bern.', metadata: { category: 'town' } });
    const history = await engine.history(owner, id);
    expect(history.map(({ event, text }) => [event, text])).toEqual([
      ['added', 'The owner lives in Ulm.'],
      ['updated', 'The owner lives in Bern.'],
    ]);
    for (const { at } of history) expect(new Date(at).toISOString()).toBe(at);
  });

  it('answers for ids that are not there', async () => {
    const { engine, owner } = await fresh();
    const id = newId();
    expect(await engine.get(owner, id)).toBeNull();
    expect(await engine.update(owner, id, { text: 'x', metadata: {} })).toBeNull();
    expect(await engine.remove(owner, id)).toBe(false);
    expect(await engine.history(owner, id)).toEqual([]);
    expect(await engine.removeAll(owner)).toBe(0);
  });

  it('forgets one with its history, and everything of one owner, and nothing of another', async () => {
    const { engine, owner, other } = await fresh();
    const [one] = await engine.add(owner, given('Dr Miller treats the owner.'));
    const [two] = await engine.add(owner, given('Dr Miller lives in Ulm.', { runId: 'r' }));
    await engine.add(other, given('Dr Miller is a friend.'));
    expect(await engine.remove(owner, one?.id ?? '')).toBe(true);
    expect(await engine.get(owner, one?.id ?? '')).toBeNull();
    expect(await engine.history(owner, one?.id ?? '')).toEqual([]);
    expect(await find(engine, owner, 'Dr Miller')).toEqual(['Dr Miller lives in Ulm.']);
    expect(await engine.removeAll(owner)).toBe(1);
    expect(await engine.list(owner)).toEqual([]);
    expect(await engine.history(owner, two?.id ?? '')).toEqual([]);
    expect(await find(engine, owner, 'Dr Miller')).toEqual([]);
    expect(await find(engine, other, 'Dr Miller')).toEqual(['Dr Miller is a friend.']);
    await engine.ping();
  });
};
