/** Tells the owner's readers of events what has changed in memory, once it is stored; whichever engine keeps it. */
import { type EventData, mostMemoryIds } from '@hearth/contract';
import type { EventLog } from '../events/index.ts';
import type { Memories, Stored } from './service.ts';
import type { MemoryTransfer } from './transfer.ts';

type Action = EventData<'memory'>['action'];

export interface MemoryNews {
  /** Nothing is told of nothing. */
  tell(ownerId: string, action: Action, ids: readonly string[]): void;
  /** New ones, and those that correct something together with what they correct. */
  tellStored(ownerId: string, stored: readonly Stored[]): void;
  tellCount(ownerId: string, action: Action, count: number): void;
}

export const createMemoryNews = (events: Pick<EventLog, 'publish'>): MemoryNews => {
  const publish = (ownerId: string, data: EventData<'memory'>): void =>
    void events.publish(ownerId, { type: 'memory', data });
  const tell: MemoryNews['tell'] = (ownerId, action, ids) => {
    if (ids.length === 0) return;
    const few = ids.length <= mostMemoryIds ? { ids: [...ids] } : {};
    publish(ownerId, { action, ...few, count: ids.length });
  };
  return {
    tell,
    tellCount: (ownerId, action, count) => publish(ownerId, { action, count }),
    tellStored(ownerId, stored) {
      const isNew = ({ supersedes }: Stored): boolean => supersedes === null;
      const corrections = stored.filter((one) => !isNew(one));
      tell(
        ownerId,
        'added',
        stored.filter(isNew).map(({ id }) => id),
      );
      tell(
        ownerId,
        'changed',
        corrections.flatMap(({ id, supersedes }) => (supersedes === null ? [id] : [id, supersedes])),
      );
    },
  };
};

export const withNews = (memories: Memories, { tell, tellStored, tellCount }: MemoryNews): Memories => ({
  ...memories,
  async add(asker, request) {
    const added = await memories.add(asker, request);
    tellStored(asker.ownerId, added.memories);
    return added;
  },
  async learn(ownerId, conversation, how) {
    const learned = await memories.learn(ownerId, conversation, how);
    tellStored(ownerId, learned.rows);
    return learned;
  },
  async keep(asker, fact) {
    const kept = await memories.keep(asker, fact);
    if (kept !== 'known') tell(asker.ownerId, 'added', [kept]);
    return kept;
  },
  async correct(asker, id, change, author) {
    const fresh = await memories.correct(asker, id, change, author);
    // An engine that corrects in place keeps the id.
    tell(asker.ownerId, 'changed', [...new Set([fresh.id, id])]);
    return fresh;
  },
  async forget(asker, id) {
    await memories.forget(asker, id);
    tell(asker.ownerId, 'removed', [id]);
  },
  async forgetAll(asker) {
    const count = await memories.forgetAll(asker);
    tellCount(asker.ownerId, 'cleared', count);
    return count;
  },
  async expire() {
    const gone = await memories.expire();
    for (const { ownerId, ids } of gone) tell(ownerId, 'removed', ids);
    return gone;
  },
});

export const withImportNews = (transfer: MemoryTransfer, { tellCount }: MemoryNews): MemoryTransfer => ({
  ...transfer,
  async read(ownerId, text) {
    const result = await transfer.read(ownerId, text);
    if (result.imported > 0) tellCount(ownerId, 'added', result.imported);
    return result;
  },
});
