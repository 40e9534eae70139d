/** Facts that are said again in nearly the same words, with the bundled embedder and the embedded index. */
import type { AddMemories } from '@hearth/contract';
import { afterAll, expect, it } from 'vitest';
import { type Engine, eachEngine } from '../../db/test-db.ts';
import { newId } from '../../kernel/ids.ts';
import { type PartUnderTest, startMemoryPart } from './testing/part.ts';

const suite = (engine: Engine): void => {
  const started: PartUnderTest[] = [];
  afterAll(async () => {
    for (const one of started) await one.close();
  });

  /** The model finds one fact in each message: its words. It knows no repeats. */
  const fresh = async () => {
    const ask = async ({ text }: { text: string }) => ({
      facts: [...text.matchAll(/^\[(\d+)\] (?:person|assistant): (".*")$/gm)].map(([, message, fact]) => ({
        fact: JSON.parse(fact ?? ''),
        message: Number(message),
      })),
    });
    const one = await startMemoryPart(engine, null, { ask });
    started.push(one);
    const { memories } = one.part;
    const newAsker = async () => {
      const ownerId = newId();
      const row = { id: ownerId, name: 'Ada', created_at: '2026-01-01T00:00:00.000Z' };
      await one.db.kysely.insertInto('owners').values(row).execute();
      return { ownerId, keyId: null, ip: null };
    };
    const asker = await newAsker();
    const add = (messages: AddMemories['messages'], more: Partial<AddMemories> = {}, who = asker) =>
      memories.add(who, { messages, run_id: newId(), ...more });
    return { ...one, memories, asker, newAsker, add };
  };

  it('are merged: the memory keeps its source and gets the newer day', async () => {
    const { memories, asker, add } = await fresh();
    const [first] = (await add('The owner plays the piano.', { occurred_at: '2026-03-01T00:00:00.000Z' })).memories;
    expect(first?.searchable).toBe('yes');
    const again = await add('The owner plays piano.', { occurred_at: '2026-05-01T00:00:00.000Z' });
    expect(again).toMatchObject({ count: 0, merged: 1, memories: [] });
    await add('the owner plays the piano', { occurred_at: '2026-01-01T00:00:00.000Z' });
    const list = await memories.list(asker.ownerId, { page: 1, page_size: 10, superseded: 'true' });
    expect(list).toMatchObject({ total: 1 });
    expect(list.memories[0]).toMatchObject({
      ...{ id: first?.id, memory: 'The owner plays the piano.', run_id: first?.run_id },
      occurred_at: '2026-05-01T00:00:00.000Z',
    });
  });

  it('are merged also when they are found together, but not into what somebody less trusted said', async () => {
    const { add } = await fresh();
    const said = (role: 'user' | 'assistant', content: string) => ({ role, content });
    const twice = [said('user', 'The owner plays the piano.'), said('user', 'The owner plays piano.')];
    expect(await add(twice)).toMatchObject({ count: 1, merged: 1 });
    const both = [said('assistant', 'The owner has a cat.'), said('user', 'The owner has also a cat.')];
    expect(await add(both)).toMatchObject({ count: 2, merged: 0 });
    expect(await add([said('user', 'The owner sings.'), said('user', 'The owner swims.')])).toMatchObject({ count: 2 });
    const given = [said('user', 'The owner cooks.'), said('user', 'The owner also cooks.')];
    expect(await add(given, { infer: false })).toMatchObject({ count: 2 });
  });

  it('stay apart where something differs, however close they lie', async () => {
    const { add } = await fresh();
    await add('The owner takes the pill before breakfast.');
    expect((await add('The owner takes the pill after breakfast.')).count).toBe(1);
    await add('The flight is at 9.');
    expect((await add('The flight is at 10.')).count).toBe(1);
    await add('The owner likes tea.');
    expect((await add("The owner doesn't like tea.")).count).toBe(1);
  });

  it('stay apart when they are stored as given, for another agent or owner, and as the owner’s own word', async () => {
    const { add, newAsker } = await fresh();
    await add([{ role: 'assistant', content: 'The owner plays the piano.' }]);
    const again = 'The owner plays piano.';
    expect((await add(again, { infer: false })).count).toBe(1);
    expect((await add(again, { agent_id: 'cook' })).count).toBe(1);
    expect((await add(again, {}, await newAsker())).count).toBe(1);
    expect((await add(again, { agent_id: 'cook' })).count).toBe(0);
  });

  it('are stored while meaning is away: nothing is lost', async () => {
    const { part, add } = await fresh();
    await add('The owner plays the piano.');
    await part.index.close();
    expect((await add('The owner plays piano.')).count).toBe(1);
  });

  it('are not revived when the first was forgotten meanwhile, and learned anew when they are said later', async () => {
    const { memories, asker, add } = await fresh();
    const [first] = (await add('The owner plays the piano.')).memories;
    await memories.forget(asker, first?.id ?? '');
    expect((await add('The owner plays piano.')).count).toBe(1);
  });
};

eachEngine('facts said again', suite);
