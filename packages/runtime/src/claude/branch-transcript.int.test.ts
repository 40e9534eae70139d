/** Where a real transcript can be cut: through steering, stops, subagents and a shortened conversation. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer, text, toolUse } from '@hearth/stand-in';
import { afterEach, describe, expect, it } from 'vitest';
import { profileFixture } from '../fixtures.ts';
import { createMemoryTranscripts } from '../memory-transcripts.ts';
import type { AgentWorker, WorkerEvent } from '../provider.ts';
import { claudeHarness } from './testing.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const setup = async (env: Record<string, string> = {}) => {
  const harness = await claudeHarness();
  cleanups.push(harness.close);
  const { provider, standIn } = harness;
  const transcripts = createMemoryTranscripts();
  const profile = profileFixture({ cwd: mkdtempSync(join(tmpdir(), 'hearth-branch-')), env });
  const open = async (agentSessionId: string | null): Promise<AgentWorker> => {
    const resume = agentSessionId === null ? null : { agentSessionId, fork: false };
    const worker = await provider.open({ profile, transcripts, resume });
    cleanups.push(worker.close);
    return worker;
  };
  const worker = await open(null);
  const listen = (on: AgentWorker) => {
    const events: WorkerEvent[] = [];
    const end = Promise.withResolvers<WorkerEvent>();
    on.listen(
      (event) => {
        events.push(event);
        if (event.type === 'turn_end' && !event.moreQueued) end.resolve(event);
      },
      async () => ({ decision: 'allow' }),
    );
    return { events, end: end.promise };
  };
  const send = (prompt: string, on = worker): string => {
    const uuid = randomUUID();
    on.send({ uuid, text: prompt, images: [] });
    return uuid;
  };
  const say = async (prompt: string): Promise<string> => {
    const heard = listen(worker);
    const uuid = send(prompt);
    await heard.end;
    return uuid;
  };
  const requests = () => standIn.requests.all().map((one) => JSON.stringify(one.body.messages));
  const asked = (words: string) => expect.poll(() => requests().at(-1), { timeout: 10_000 }).toContain(words);
  /** What the model is sent when the conversation goes on in a branch that ends before `message`. */
  const branchBefore = async (message: string | null) => {
    const before = message === null ? [] : [message];
    const branch = await provider.branch({ transcripts, agentSessionId: worker.agentSessionId, before });
    await transcripts.append({ agentSessionId: branch.agentSessionId, subpath: '' }, branch.entries);
    const on = await open(branch.agentSessionId);
    const heard = listen(on);
    standIn.script([text('branched')]);
    send('in the branch', on);
    expect(await heard.end).toMatchObject({ outcome: { kind: 'completed' } });
    await on.close();
    return { branch, sent: requests().at(-1) ?? '', unanswered: unansweredIn(requests().at(-1) ?? '') };
  };
  return { standIn, worker, listen, send, say, asked, branchBefore };
};

/** Calls without a result; the real API refuses such a conversation. */
const unansweredIn = (messages: string): string[] => {
  const ids = (field: string) =>
    [...messages.matchAll(new RegExp(`"${field}":"(toolu_[^"]+)"`, 'g'))].map(([, id]) => id);
  const results = new Set(ids('tool_use_id'));
  return ids('id').filter((id): id is string => id !== undefined && !results.has(id));
};

describe('a branch of a real conversation', () => {
  it('ends before a message that joined a running turn, with every call answered', async () => {
    const { standIn, worker, listen, send, say, asked, branchBefore } = await setup();
    await say('the code word is marmalade');
    standIn.script([toolUse('Bash', { command: 'sleep 1; echo slowly', description: 'x' }), text('both done')]);
    const heard = listen(worker);
    const first = send('run it');
    await asked('run it');
    const joined = send('and also turnip');
    await heard.end;

    const part = await branchBefore(joined);
    expect([first, joined].map(part.branch.holds)).toEqual([true, false]);
    for (const words of ['marmalade', 'run it', 'slowly']) expect(part.sent).toContain(words);
    for (const words of ['turnip', 'both done']) expect(part.sent).not.toContain(words);
    expect(part.unanswered).toEqual([]);
    const whole = await branchBefore(null);
    for (const words of ['turnip', 'both done']) expect(whole.sent).toContain(words);
  });

  it('ends before a message that waited for an answer to be finished, and keeps that answer', async () => {
    const { standIn, worker, listen, send, asked, branchBefore } = await setup();
    standIn.script([answer([text('word by word '.repeat(20))], { tokensPerSecond: 100 }), text('the second answer')]);
    const heard = listen(worker);
    send('tell me');
    await asked('tell me');
    const waiting = send('and then turnip');
    await heard.end;
    const { sent } = await branchBefore(waiting);
    expect(sent).toContain('word by word');
    expect(sent).not.toContain('turnip');
    expect(sent).not.toContain('the second answer');
  });

  it.each([
    ['an answer', () => answer([text('word by word '.repeat(200))], { tokensPerSecond: 50 }), 'tell me'],
    [
      'a call',
      () => toolUse('Bash', { command: 'for i in 1 2 3 4 5 6; do sleep 5; done', description: 'x' }),
      'run it',
    ],
  ])('goes on after %s that was stopped', async (_what, step, prompt) => {
    const { standIn, worker, listen, send, say, asked, branchBefore } = await setup();
    standIn.script([step()]);
    const heard = listen(worker);
    const stopped = send(prompt);
    await asked(prompt);
    await expect.poll(() => heard.events.some((event) => event.type === 'partial'), { timeout: 10_000 }).toBe(true);
    await worker.interrupt();
    expect(await heard.end).toMatchObject({ outcome: { kind: 'interrupted' } });
    standIn.reset();
    const next = await say('the next one: turnip');
    const { sent, unanswered, branch } = await branchBefore(next);
    expect(branch.holds(stopped)).toBe(true);
    expect(sent).toContain(prompt);
    expect(sent).not.toContain('turnip');
    expect(unanswered).toEqual([]);
  });

  it('keeps what a subagent reported', async () => {
    const { standIn, say, branchBefore } = await setup();
    const task = { description: 'x', prompt: 'look', subagent_type: 'general-purpose', run_in_background: false };
    standIn.script([toolUse('Agent', task), text('it found marmalade'), text('the helper is back')]);
    await say('send somebody');
    const later = await say('turnip');
    const { sent, unanswered } = await branchBefore(later);
    for (const words of ['it found marmalade', 'the helper is back']) expect(sent).toContain(words);
    expect(sent).not.toContain('turnip');
    expect(unanswered).toEqual([]);
  });

  it('before the conversation was shortened has all of it, afterwards the summary', async () => {
    // The process shortens by itself what comes near to so many tokens.
    const { standIn, say, branchBefore } = await setup({ CLAUDE_CODE_AUTO_COMPACT_WINDOW: '60000' });
    await say('the code word is marmalade');
    await say('my name is Ada');
    await say(`this is long: ${'on and on '.repeat(30_000)}`);
    standIn.script([text('<summary>They told a word and a name.</summary>'), text('I have it in short.')]);
    const shortened = await say('go on');
    const after = await say('turnip');
    const before = await branchBefore(shortened);
    for (const words of ['marmalade', 'Ada']) expect(before.sent).toContain(words);
    expect(before.sent).not.toContain('They told a word');
    const afterwards = await branchBefore(after);
    expect(afterwards.sent).toContain('They told a word');
    expect(afterwards.sent).not.toContain('marmalade');
    expect(afterwards.sent).not.toContain('turnip');
  });
});
