/** What memory does for its owner, whichever engine keeps it. */
import type { AddMemories, EventData, SearchMemories } from '@hearth/contract';
import {
  memoryEventSchema,
  memoryHistorySchema,
  memoryListSchema,
  memoryResultsSchema,
  memorySchema,
} from '@hearth/contract';
import { expect, it } from 'vitest';
import type { Db } from '../../db/index.ts';
import { newId } from '../../kernel/ids.ts';
import type { MemoryPart } from './part.ts';
import type { Asker } from './service.ts';

/** What the parts under test are given as a secret of the configuration. */
export const contractSecret = 'hunter2-hunter2-hunter2';

export type MemoryTold = EventData<'memory'> & { ownerId: string };

export interface MemoriesUnderTest {
  part: MemoryPart;
  db: Db;
  /** Events that were published, oldest first. */
  told: MemoryTold[];
}

const all = { page: 1, page_size: 50, superseded: 'false' } as const;

export const memoriesContract = (make: () => Promise<MemoriesUnderTest>): void => {
  const fresh = async () => {
    const { part, db, told } = await make();
    const { memories } = part;
    const newAsker = async (): Promise<Asker> => {
      const ownerId = newId();
      const row = { id: ownerId, name: 'Ada', created_at: '2026-01-01T00:00:00.000Z' };
      await db.kysely.insertInto('owners').values(row).execute();
      return { ownerId, keyId: null, ip: '127.0.0.1' };
    };
    const asker = await newAsker();
    const add = (messages: AddMemories['messages'], more: Partial<AddMemories> = {}, who = asker) =>
      memories.add(who, { messages, infer: false, ...more });
    const search = (query: string, more: Partial<SearchMemories> = {}, who = asker) =>
      memories.search(who, { query, limit: 10, enable_graph: false, explain: false, ...more });
    const texts = async (query: string, who = asker) =>
      (await search(query, {}, who)).results.map(({ memory }) => memory);
    const acts = async () => {
      const rows = db.kysely.selectFrom('audit').where('owner_id', '=', asker.ownerId);
      return rows.select(['action', 'target', 'ip']).execute();
    };
    return { part, memories, asker, newAsker, add, search, texts, acts, told };
  };

  it('stores what it is given, and finds it, for its owner alone', async () => {
    const { memories, asker, newAsker, add, search, texts } = await fresh();
    const other = await newAsker();
    const metadata = { category: 'health', source: 'a doctor' };
    const added = await add('The owner is allergic to peanuts.', {
      metadata,
      run_id: 'kitchen talk',
      agent_id: 'cook',
    });
    expect(added).toMatchObject({ count: 1, merged: 0, queued: false, notes: [] });
    const memory = memorySchema.parse(added.memories[0]);
    expect(memory).toMatchObject({ user_id: asker.ownerId, agent_id: 'cook', run_id: 'kitchen talk', author: 'owner' });
    expect(memory).toMatchObject({ memory: 'The owner is allergic to peanuts.', category: 'health', metadata });
    await add('The bicycle is blue.');
    const found = memoryResultsSchema.parse(await search('allergic to peanuts', { explain: true }));
    expect(found.results[0]).toMatchObject({ id: memory.id, metadata, run_id: 'kitchen talk', author: 'owner' });
    expect(found.results[0]?.reasons?.matched_words).toContain('peanuts');
    expect((await search('allergic to peanuts', { category: 'home' })).results).toEqual([]);
    expect((await search('peanuts bicycle', { limit: 1 })).count).toBe(1);
    expect(await texts('allergic to peanuts', other)).toEqual([]);
    await expect(memories.get(other.ownerId, memory.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(memories.forget(other, memory.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(memories.correct(other, memory.id, { memory: 'x' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(memories.history(other.ownerId, memory.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await memories.get(asker.ownerId, memory.id)).toMatchObject({ id: memory.id, memory: memory.memory });
  });

  it('knows what it has been told before', async () => {
    const { add } = await fresh();
    await add('The owner likes tea.');
    const again = await add(
      ['the owner likes tea', 'The owner likes cake.'].map((content) => ({ role: 'user', content })),
    );
    expect(again).toMatchObject({ count: 1, merged: 1, memories: [{ memory: 'The owner likes cake.' }] });
    expect(again.notes).toEqual(['1 were known already.']);
    expect((await add('The owner likes tea.', { run_id: 'elsewhere' })).count).toBe(1);
  });

  it('lists newest first, by page, agent, author and category', async () => {
    const { memories, asker, add } = await fresh();
    await add('One.', { metadata: { category: 'a' } });
    await add([{ role: 'assistant', content: 'Two.' }], { metadata: { category: 'b' } });
    await add('Three.', { agent_id: 'other' });
    const list = memoryListSchema.parse(await memories.list(asker.ownerId, all));
    expect(list.memories.map(({ memory }) => memory)).toEqual(['Three.', 'Two.', 'One.']);
    expect(list).toMatchObject({ count: 3, total: 3, categories: { a: 1, b: 1, '': 1 }, waiting: 0 });
    const second = await memories.list(asker.ownerId, { ...all, page: 2, page_size: 2 });
    expect(second).toMatchObject({ count: 1, total: 3, memories: [{ memory: 'One.' }] });
    const textsOf = async (more: object) =>
      (await memories.list(asker.ownerId, { ...all, ...more })).memories.map(({ memory }) => memory);
    expect(await textsOf({ category: 'b' })).toEqual(['Two.']);
    expect(await textsOf({ author: 'assistant' })).toEqual(['Two.']);
    expect(await textsOf({ agent_id: 'other' })).toEqual(['Three.']);
  });

  it('corrects: what was is found no more, and stays in the history', async () => {
    const { memories, asker, add, texts } = await fresh();
    const [old] = (await add('The owner lives in Ulm.', { metadata: { category: 'home' } })).memories;
    const fresher = memorySchema.parse(
      await memories.correct(asker, old?.id ?? '', { memory: 'The owner lives in Bern.' }),
    );
    expect(fresher).toMatchObject({ memory: 'The owner lives in Bern.', category: 'home', author: 'owner' });
    expect(await texts('where the owner lives')).toEqual(['The owner lives in Bern.']);
    expect((await memories.get(asker.ownerId, fresher.id)).memory).toBe('The owner lives in Bern.');
    const { history } = memoryHistorySchema.parse(await memories.history(asker.ownerId, fresher.id));
    expect(history.map(({ memory, event }) => [memory.memory, event])).toEqual([
      ['The owner lives in Ulm.', 'added'],
      ['The owner lives in Bern.', 'corrected'],
    ]);
    const again = memories.correct(asker, fresher.id, { memory: 'The owner lives in Bern' });
    await expect(again).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('forgets one with its history, and everything', async () => {
    const { part, memories, asker, newAsker, add, texts } = await fresh();
    const other = await newAsker();
    await add('The owner has a cat.', {}, other);
    const [one] = (await add('The owner has a dog called Rex.')).memories;
    const fresher = await memories.correct(asker, one?.id ?? '', { memory: 'The owner has a dog called Bo.' });
    await add('The owner has a bicycle.');
    await memories.forget(asker, fresher.id);
    await expect(memories.get(asker.ownerId, fresher.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(memories.history(asker.ownerId, fresher.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await texts('the owner has a dog')).toEqual(['The owner has a bicycle.']);
    expect(await memories.forgetAll(asker)).toBe(1);
    expect(await texts('the owner has')).toEqual([]);
    expect((await memories.list(asker.ownerId, { ...all, superseded: 'true' })).total).toBe(0);
    expect(await Array.fromAsync(part.transfer.lines(asker.ownerId))).toEqual([]);
    expect(await texts('the owner has a cat', other)).toEqual(['The owner has a cat.']);
  });

  it('takes out secrets always, and personal data as the owner has chosen', async () => {
    const { memories, asker, add, search } = await fresh();
    const secret = await add(`The wifi password is ${contractSecret}.`);
    expect(secret.memories[0]?.memory).not.toContain(contractSecret);
    const flagged = await add('Reach the owner at ada@example.org.');
    expect(flagged.memories[0]?.metadata).toMatchObject({ contains_pii: true, pii_types: ['email'] });
    await memories.updateSettings(asker, { pii_mode: 'redact' });
    expect((await add('Write to bob@example.org.')).memories[0]?.memory).toBe('Write to [EMAIL].');
    await memories.updateSettings(asker, { pii_mode: 'block' });
    const blocked = await add('Write to eve@example.org.');
    expect(blocked).toMatchObject({ count: 0, notes: [expect.stringContaining('held personal data')] });
    const id = flagged.memories[0]?.id ?? '';
    const refused = memories.correct(asker, id, { memory: 'Reach the owner at eve@example.org.' });
    await expect(refused).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
    const kept = { text: 'eve@example.org', category: null, author: 'assistant', sessionId: newId() } as const;
    await expect(memories.keep(asker, kept)).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
    expect(JSON.stringify(await search('write to eve@example.org'))).not.toContain('eve@example.org');
    const plain = await memories.correct(asker, id, { memory: 'The owner has a letterbox.' });
    expect(plain.metadata).not.toHaveProperty('contains_pii');
  });

  it('keeps what the assistant writes down, once, with the chat it came from', async () => {
    const { memories, asker } = await fresh();
    const sessionId = newId();
    const fact = { text: 'The owner likes fish.', category: 'food', author: 'untrusted', sessionId } as const;
    const id = await memories.keep(asker, fact);
    const expected = { author: 'untrusted', category: 'food', run_id: sessionId, source: { session_id: sessionId } };
    expect(await memories.get(asker.ownerId, id)).toMatchObject(expected);
    expect(await memories.keep(asker, fact)).toBe('known');
  });

  it('writes down who has done what', async () => {
    const { memories, asker, add, search, acts } = await fresh();
    const [one] = (await add('The owner likes tea.')).memories;
    await search('tea');
    const fresher = await memories.correct(asker, one?.id ?? '', { memory: 'The owner likes coffee.' });
    await memories.forget(asker, fresher.id);
    await memories.updateSettings(asker, { enabled: true });
    await memories.forgetAll(asker);
    const expected = [
      ['added', one?.id],
      ['searched', null],
      ['corrected', one?.id],
      ['deleted', fresher.id],
      ['settings', null],
      ['deleted', 'all'],
    ].map(([action, target]) => ({ action: `memory.${action}`, target, ip: '127.0.0.1' }));
    // Several can fall into one millisecond, so their order is not asked.
    const found = await acts();
    expect(found).toHaveLength(expected.length);
    expect(found).toEqual(expect.arrayContaining(expected));
  });

  it('tells its owner what has changed, each change once and without a word of it', async () => {
    const { part, memories, asker, newAsker, add, told } = await fresh();
    const other = await newAsker();
    const ids = (await add(['One.', 'Two.'].map((content) => ({ role: 'user', content })))).memories.map(
      ({ id }) => id,
    );
    await add('One.');
    const kept = await memories.keep(asker, { text: 'Three.', category: null, author: 'owner', sessionId: newId() });
    const fresher = await memories.correct(asker, kept, { memory: 'Four.' });
    await memories.forget(asker, fresher.id);
    await part.transfer.read(other.ownerId, '{"memory":"Five."}\n{"memory":"Six."}');
    await memories.updateSettings(asker, { retention: { '*': 1 } });
    await add('Old.', { occurred_at: '2020-01-01T00:00:00.000Z' });
    await memories.expire();
    await memories.forgetAll(asker);
    const mine = told.filter(({ ownerId }) => ownerId === asker.ownerId);
    expect(mine).toMatchObject([
      { action: 'added', ids, count: 2 },
      { action: 'added', ids: [kept], count: 1 },
      { action: 'changed', ids: [...new Set([fresher.id, kept])] },
      { action: 'removed', ids: [fresher.id], count: 1 },
      { action: 'added', count: 1 },
      { action: 'removed', ids: mine[4]?.ids, count: 1 },
      { action: 'cleared', count: 2 },
    ]);
    expect(told.filter(({ ownerId }) => ownerId === other.ownerId)).toMatchObject([{ action: 'added', count: 2 }]);
    for (const { ownerId: _, ...data } of told) expect(memoryEventSchema.strict().parse(data)).toEqual(data);
  });

  it('lets go what is older than the owner wants to keep', async () => {
    const { memories, asker, add } = await fresh();
    const old = { occurred_at: '2020-01-01T00:00:00.000Z' };
    await add('An old fact.', { ...old, metadata: { category: 'passing' } });
    await add('An old fact about health.', { ...old, metadata: { category: 'health' } });
    await add('A new fact.', { metadata: { category: 'passing' } });
    const left = async () => (await memories.list(asker.ownerId, all)).memories.map(({ memory }) => memory);
    await memories.updateSettings(asker, { retention: { passing: 30, health: 36_000 } });
    await memories.expire();
    expect(await left()).toEqual(['A new fact.', 'An old fact about health.']);
    await add('An old fact of no category.', old);
    await memories.updateSettings(asker, { retention: { '*': 30, health: null } });
    await memories.expire();
    expect(await left()).toEqual(['A new fact.', 'An old fact about health.']);
    await memories.updateSettings(asker, { retention: { '*': 30 } });
    await memories.expire();
    expect(await left()).toEqual(['A new fact.']);
  });

  it('goes out as lines and comes in again, with its author and its day', async () => {
    const { part, memories, asker, newAsker, add } = await fresh();
    await add('The owner likes tea.', { metadata: { category: 'food' }, occurred_at: '2025-05-05T05:05:05.000Z' });
    await add([{ role: 'assistant', content: 'The owner is away in May.' }]);
    const lines = (await Array.fromAsync(part.transfer.lines(asker.ownerId))).join('');
    const other = await newAsker();
    expect(await part.transfer.read(other.ownerId, lines)).toEqual({ imported: 2, merged: 0, refused: [] });
    expect(await part.transfer.read(other.ownerId, lines)).toEqual({ imported: 0, merged: 2, refused: [] });
    const { memories: taken } = await memories.list(other.ownerId, all);
    expect(taken.toReversed()).toMatchObject([
      { memory: 'The owner likes tea.', category: 'food', author: 'owner', occurred_at: '2025-05-05T05:05:05.000Z' },
      { memory: 'The owner is away in May.', author: 'assistant' },
    ]);
  });
};
