import { describe, expect, it } from 'vitest';
import { createMemoryKv } from '../kv.ts';
import { turns } from '../testing/timers.ts';
import { createCopies } from './copies.ts';
import { emptyChat } from './state.ts';
import * as make from './testing/make.ts';

const messages = (count: number) => Array.from({ length: count }, (_, at) => make.message(`m${at}`));
const create = (kv = createMemoryKv(), ownerId = 'owner') => ({
  kv,
  copies: createCopies({ kv, ownerId, nowIso: () => make.now }),
});

describe('copies on this device', () => {
  it('keep the newest part of a chat, and where the rest begins', async () => {
    const { copies } = create();
    const decisions = {
      a: { tool_use_id: 'a', status: 'allowed', decided_by: 'phone', decided_at: make.now },
    } as const;
    copies.saveChat('short', { ...emptyChat, messages: messages(3), decisions, hasOlder: true, before: 'x' });
    copies.saveChat('long', { ...emptyChat, messages: messages(70) });
    await turns();
    expect(await copies.chat('short')).toMatchObject({ savedAt: make.now, decisions, hasOlder: true, before: 'x' });
    const long = await copies.chat('long');
    expect(long?.messages).toHaveLength(60);
    expect(long).toMatchObject({ hasOlder: true, before: 'm10' });
  });

  it('keep the thirty chats that were saved last', async () => {
    const { copies, kv } = create();
    for (let at = 0; at < 31; at += 1) {
      copies.saveChat(`c${at}`, emptyChat);
      copies.saveChat('c1', emptyChat);
      await turns();
    }
    const saved = await copies.savedChats();
    expect(saved).toHaveLength(30);
    expect(saved).toContain('c1');
    expect(saved).not.toContain('c0');
    expect(await copies.chat('c0')).toBeUndefined();
    expect(await kv.all('copy:owner:chat:')).toHaveLength(30);
  });

  it('belong to one person', async () => {
    const { copies, kv } = create();
    copies.saveChat('c', emptyChat);
    copies.saveSessions([make.session('c')]);
    await turns();
    const other = create(kv, 'somebody else').copies;
    expect(await other.chat('c')).toBeUndefined();
    expect(await other.sessions()).toBeUndefined();
    expect((await copies.sessions())?.sessions).toHaveLength(1);
  });

  it('of a deleted chat go', async () => {
    const { copies } = create();
    copies.saveChat('c', emptyChat);
    await turns();
    copies.forgetChat('c');
    expect(await copies.chat('c')).toBeUndefined();
    expect(await copies.savedChats()).toEqual([]);
  });
});
