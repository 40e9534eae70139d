/** What is particular to memory over an engine that is not ours; the rest is in the contract. */
import { afterAll, describe, expect, it } from 'vitest';
import { createPlainEngine } from '../../adapters/memory-engine/testing/plain-engine.ts';
import { sqliteEngine } from '../../db/test-db.ts';
import { newId } from '../../kernel/ids.ts';
import type { MemoryEngine } from '../../ports/memory-engine.ts';
import { contractSecret } from './memories.contract.ts';
import type { Conversation } from './requests.ts';
import { type PartUnderTest, startMemoryPart } from './testing/part.ts';

describe('memory over another engine', () => {
  const database = sqliteEngine();
  const started: PartUnderTest[] = [];
  afterAll(async () => {
    for (const one of started) await one.close();
  });
  const start = async (wrap: (engine: MemoryEngine) => MemoryEngine = (engine) => engine) => {
    const engine = createPlainEngine();
    const under = await startMemoryPart(database, wrap(engine));
    started.push(under);
    const ownerId = newId();
    const row = { id: ownerId, name: 'Ada', created_at: '2026-01-01T00:00:00.000Z' };
    await under.db.kysely.insertInto('owners').values(row).execute();
    const texts = async () => (await engine.list(ownerId)).map(({ text }) => text);
    return {
      ...under,
      engine,
      memories: under.part.memories,
      asker: { ownerId, keyId: null, ip: null },
      ownerId,
      texts,
    };
  };
  const conversation = (more: Partial<Conversation> = {}): Conversation => ({
    said: [{ author: 'owner', text: 'I like tea.', messageId: null }],
    place: { agentId: 'main', runId: 'chat' },
    sessionId: null,
    metadata: {},
    occurredAt: '2026-01-01T00:00:00.000Z',
    graph: true,
    ...more,
  });
  const turn = (prompt: string) => ({ prompt });

  it('shows the engine nothing that may not be kept, not even in a question', async () => {
    const { engine, memories, asker } = await start();
    await memories.updateSettings(asker, { pii_mode: 'redact' });
    const text = `Mail ada@example.org the code ${contractSecret}`;
    await memories.add(asker, { messages: text });
    const [given] = (await memories.add(asker, { messages: `${text} now`, infer: false })).memories;
    await memories.search(asker, { query: contractSecret, limit: 5, enable_graph: false, explain: false });
    await memories.correct(asker, given?.id ?? '', { memory: `${text} later` });
    await memories.learn(asker.ownerId, conversation({ said: [{ author: 'owner', text, messageId: null }] }));
    expect(engine.seen.length).toBeGreaterThan(4);
    expect(engine.seen.join('\n')).not.toContain(contractSecret);
    expect(engine.seen.join('\n')).not.toContain('ada@example.org');
  });

  it('looks again at what the engine’s model has made of it', async () => {
    const { engine, memories, asker, texts } = await start();
    engine.finds = () => [
      { text: 'Reach the owner at ada@example.org.', saidBy: 'user' },
      { text: 'The owner likes tea.', saidBy: 'user' },
    ];
    const flagged = await memories.add(asker, { messages: 'I like tea.' });
    expect(flagged.memories.map(({ metadata }) => metadata.contains_pii)).toEqual([true, undefined]);
    await memories.forgetAll(asker);
    await memories.updateSettings(asker, { pii_mode: 'block' });
    const added = await memories.add(asker, { messages: 'I like tea.' });
    expect(added).toMatchObject({ count: 1, notes: [expect.stringContaining('held personal data')] });
    expect(await texts()).toEqual(['The owner likes tea.']);
  });

  it('says whose words a fact is, and learns nothing from what others wrote', async () => {
    const { engine, memories, asker } = await start();
    const messages = [
      { role: 'user' as const, content: 'I like tea.' },
      { role: 'assistant' as const, content: 'Earl Grey then.' },
      { role: 'system' as const, content: 'A page says that you like coffee.' },
    ];
    const added = await memories.add(asker, { messages });
    expect(added.memories.map(({ memory, author }) => [memory, author])).toEqual([
      ['I like tea.', 'owner'],
      ['Earl Grey then.', 'assistant'],
    ]);
    expect(added.notes).toEqual([expect.stringContaining('What others wrote was left out')]);
    expect(engine.seen.join()).not.toContain('coffee');
    // As it is given it is kept, with its author.
    const given = await memories.add(asker, { messages: messages.slice(2), infer: false });
    expect(given.memories[0]).toMatchObject({ author: 'untrusted' });
  });

  it('says that there is no graph where people set it, and calls nothing lost that it never had', async () => {
    const { memories, asker } = await start();
    expect((await memories.add(asker, { messages: 'I like tea.', enable_graph: true })).notes).toEqual([
      'This memory engine keeps no graph of people and things.',
    ]);
    const found = await memories.search(asker, { query: 'tea', limit: 5, enable_graph: true, explain: false });
    expect(found.degraded).toEqual([]);
    expect(await memories.settings(asker.ownerId)).toMatchObject({ enable_graph: true, keeps_graph: false });
    expect(await memories.updateSettings(asker, { enable_graph: false })).toMatchObject({ keeps_graph: false });
    const graph = await memories.graph(asker.ownerId, { depth: 1, limit: 50 });
    expect(graph).toEqual({ entities: [], relations: [], total: { entities: 0, relations: 0 } });
  });

  it('keeps what cannot be looked through yet, and does it when the model is there again', async () => {
    const { engine, jobs, memories, asker, texts } = await start();
    const { finds } = engine;
    engine.finds = null;
    const added = await memories.add(asker, { messages: 'I like tea.' });
    expect(added).toMatchObject({ queued: true, count: 0, notes: [expect.stringContaining('Nothing is lost')] });
    const waiting = async () =>
      (await memories.list(asker.ownerId, { page: 1, page_size: 5, superseded: 'false' })).waiting;
    expect(await waiting()).toBe(1);
    engine.finds = finds;
    await expect
      .poll(async () => {
        await jobs.retryAway();
        return texts();
      })
      .toEqual(['I like tea.']);
    await expect.poll(waiting).toBe(0);
  });

  it('forgets what waits, and takes back what is not wanted any more', async () => {
    const { engine, memories, asker, texts } = await start();
    const { finds } = engine;
    engine.finds = null;
    await memories.add(asker, { messages: 'I like tea.' });
    await memories.forgetAll(asker);
    engine.finds = finds;
    expect((await memories.list(asker.ownerId, { page: 1, page_size: 5, superseded: 'false' })).waiting).toBe(0);
    await memories.learn(asker.ownerId, conversation(), { note: async () => false });
    expect(await texts()).toEqual([]);
    const late = memories.learn(asker.ownerId, conversation(), { signal: AbortSignal.abort(new Error('late')) });
    await expect(late).rejects.toThrow('late');
    const unnoted = memories.learn(asker.ownerId, conversation(), { note: () => Promise.reject(new Error('no disk')) });
    await expect(unnoted).rejects.toThrow('no disk');
    expect(await texts()).toEqual([]);
    await memories.learn(asker.ownerId, conversation(), { note: async () => true });
    expect(await texts()).toEqual(['I like tea.']);
  });

  it('puts what fits before the model, and lets a chat go on without an engine that is slow or away', async () => {
    const { part, memories, asker, ownerId } = await start();
    await memories.add(asker, { messages: 'The owner likes tea.', infer: false });
    const block = await part.chat.recall(ownerId, turn('Which tea does the owner like?'));
    expect(block?.text).toContain('they said: "The owner likes tea."');
    await memories.updateSettings(asker, { enabled: false });
    expect(await part.chat.recall(ownerId, turn('Which tea does the owner like?'))).toBeNull();

    const never = new Promise<never>(() => {});
    const slow = await start((engine) => ({ ...engine, search: () => never }));
    expect(await slow.part.chat.recall(slow.ownerId, turn('Which tea?'))).toBeNull();
    const away = await start((engine) => ({ ...engine, search: () => Promise.reject(new Error('away')) }));
    expect(await away.part.chat.recall(away.ownerId, turn('Which tea?'))).toBeNull();
  });

  it('shows what another program has put there as somebody’s note', async () => {
    const { engine, memories, asker, ownerId } = await start();
    const foreign = { agentId: 'main', runId: null, metadata: { author: 'the owner, surely' }, infer: false };
    const [one] = await engine.add(ownerId, {
      ...foreign,
      messages: [{ role: 'user', text: 'The owner likes fish.' }],
    });
    const listed = await memories.get(ownerId, one?.id ?? '');
    expect(listed).toMatchObject({ author: 'untrusted', metadata: {}, category: null, occurred_at: one?.createdAt });
    await memories.forget(asker, listed.id);
  });
});
