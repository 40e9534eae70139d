/**
 * The contract and the facts we rely on, against the real `claude` binary of the locked SDK version. A new SDK version
 * must pass here before the pin moves.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, text, toolUse } from '@hearth/stand-in';
import { afterEach, describe, expect, it } from 'vitest';
import { profileFixture } from '../fixtures.ts';
import { createMemoryTranscripts } from '../memory-transcripts.ts';
import { providerContract } from '../provider.contract.ts';
import type { ToolCall, ToolVerdict, WorkerEvent } from '../provider.ts';
import { claudeHarness } from './testing.ts';

providerContract('claude', claudeHarness);

describe('the locked SDK', () => {
  it('is the version these rules were proved on', () => {
    const entry = createRequire(import.meta.url).resolve('@anthropic-ai/claude-agent-sdk');
    const manifest: { version?: string } = JSON.parse(readFileSync(join(entry, '..', 'package.json'), 'utf8'));
    expect(manifest.version).toBe('0.3.330');
  });
});

describe('the gate of a real worker', () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const setup = async (over: Parameters<typeof profileFixture>[0] = {}) => {
    const harness = await claudeHarness();
    cleanups.push(harness.close);
    const cwd = mkdtempSync(join(tmpdir(), 'hearth-gate-'));
    const transcripts = createMemoryTranscripts();
    const worker = await harness.provider.open({
      profile: profileFixture({ cwd, ...over }),
      transcripts,
      resume: null,
    });
    cleanups.push(worker.close);
    const run = async (decide: (call: ToolCall) => ToolVerdict, on = worker) => {
      const calls: ToolCall[] = [];
      const events: WorkerEvent[] = [];
      const end = Promise.withResolvers<WorkerEvent>();
      on.listen(
        (event) => {
          events.push(event);
          if (event.type === 'turn_end' || event.type === 'exit') end.resolve(event);
        },
        async (call) => {
          calls.push(call);
          return decide(call);
        },
      );
      return { calls, events, end: end.promise };
    };
    const say = (words = 'go') => worker.send({ uuid: randomUUID(), text: words, images: [] });
    return { ...harness, cwd, transcripts, worker, run, say };
  };

  it('is asked for the calls of a subagent too, and its refusal holds there', async () => {
    const { standIn, run, say, cwd } = await setup({ tools: ['Bash', 'Task'] });
    const marker = join(cwd, 'made-by-subagent');
    standIn.script([
      toolUse('Agent', {
        description: 'x',
        prompt: 'do it',
        subagent_type: 'general-purpose',
        run_in_background: false,
      }),
      toolUse('Bash', { command: `touch ${marker}`, description: 'touch' }),
      text('could not'),
      text('done'),
    ]);
    const seen = await run((call) => (call.agentId ? { decision: 'deny', reason: 'no' } : { decision: 'allow' }));
    say();
    await seen.end;
    expect(seen.calls.map((call) => [call.tool, call.agentId !== null])).toEqual([
      ['Agent', false],
      ['Bash', true],
    ]);
    expect(existsSync(marker)).toBe(false);
  });

  it('reads no file because a message names it', async () => {
    const { standIn, run, say, cwd } = await setup({ tools: ['Read'] });
    writeFileSync(join(cwd, 'inside.txt'), 'plover');
    const outside = join(mkdtempSync(join(tmpdir(), 'hearth-outside-')), 'outside.txt');
    writeFileSync(outside, 'plover');
    standIn.script([text('I see names.')]);
    const seen = await run(() => ({ decision: 'deny', reason: 'no' }));
    say(`What is in @inside.txt and @${outside} and "@./inside.txt"?`);
    await seen.end;
    expect(JSON.stringify(standIn.requests.last()?.body)).toContain('outside.txt');
    expect(JSON.stringify(standIn.requests.last()?.body)).not.toContain('plover');
  });

  it('keeps no memory in files: that belongs to the host, which can forget', async () => {
    const { standIn, run, say } = await setup({ tools: ['Write'] });
    standIn.script([text('Noted.')]);
    const seen = await run(() => ({ decision: 'allow' }));
    say();
    await seen.end;
    expect(JSON.stringify(standIn.requests.last()?.body)).not.toMatch(/memory/i);
  });

  it('never sees a tool that is not offered run: the process refuses it by itself', async () => {
    const { standIn, run, say, cwd } = await setup({ tools: ['Read'] });
    const marker = join(cwd, 'made-by-absent-tool');
    standIn.script([toolUse('Bash', { command: `touch ${marker}` }), text('that tool is not there')]);
    const seen = await run(() => ({ decision: 'allow' }));
    say();
    await seen.end;
    expect(existsSync(marker)).toBe(false);
  });

  it('takes words for words, also where they look like a command of the process', async () => {
    const { standIn, run, say } = await setup();
    const texts = [
      'My tea is green.',
      '/clear',
      '/help',
      '  /compact now',
      '/context',
      '/no-such-command',
      '!ls',
      '#note',
    ];
    standIn.script(texts.map(() => text('understood')));
    for (const words of texts) {
      const turn = await run(() => ({ decision: 'allow' }));
      say(words);
      expect(await turn.end).toMatchObject({ outcome: { kind: 'completed' }, totals: { text: 'understood' } });
    }
    expect(standIn.requests.count()).toBe(texts.length);
    // Nothing was cleared or compacted on the way.
    expect(standIn.requests.last()?.request.humanTexts).toEqual(texts.map((words) => words.trim()));
  });

  it('parks one call of a parallel batch and has the other asked for again', async () => {
    const { standIn, provider, run, say, worker, transcripts, cwd } = await setup();
    const first = join(cwd, 'first');
    const second = join(cwd, 'second');
    standIn.script([
      [toolUse('Bash', { command: `touch ${first}` }), toolUse('Bash', { command: `touch ${second}` })],
      text('done'),
    ]);
    const parked = await run(() => ({ decision: 'park' }));
    say();
    expect(await parked.end).toMatchObject({ outcome: { kind: 'parked' } });
    await worker.close();
    const later = await provider.open({
      profile: profileFixture({ cwd }),
      transcripts,
      resume: { agentSessionId: worker.agentSessionId, fork: false },
    });
    cleanups.push(later.close);
    const resumed = await run(() => ({ decision: 'allow' }), later);
    expect(await resumed.end).toMatchObject({ outcome: { kind: 'completed' } });
    expect([existsSync(first), existsSync(second)].filter(Boolean)).toHaveLength(1);
  });

  it('asks again after a crash for the call that was open', async () => {
    const { standIn, provider, say, worker, transcripts, cwd } = await setup();
    const marker = join(cwd, 'after-crash');
    standIn.script([toolUse('Bash', { command: `touch ${marker}` }), text('done')]);
    const asked = Promise.withResolvers<string>();
    worker.listen(
      () => {},
      (call) => {
        asked.resolve(call.toolUseId);
        return new Promise(() => {});
      },
    );
    say();
    const toolUseId = await asked.promise;
    const key = { agentSessionId: worker.agentSessionId, subpath: '' };
    await expect
      .poll(async () => JSON.stringify((await transcripts.load(key)) ?? []).includes(toolUseId), { timeout: 5_000 })
      .toBe(true);
    await worker.close();
    const call = { transcripts, agentSessionId: worker.agentSessionId, toolUseId };
    expect(await provider.deferOpenCall(call)).toBe(true);
    expect(await provider.deferOpenCall(call)).toBe(true);

    const later = await provider.open({
      profile: profileFixture({ cwd }),
      transcripts,
      resume: { agentSessionId: worker.agentSessionId, fork: false },
    });
    cleanups.push(later.close);
    const calls: string[] = [];
    const end = Promise.withResolvers<WorkerEvent>();
    later.listen(
      (event) => {
        if (event.type === 'turn_end' || event.type === 'exit') end.resolve(event);
      },
      async (again) => {
        calls.push(again.toolUseId);
        return { decision: 'allow' };
      },
    );
    expect(await end.promise).toMatchObject({ outcome: { kind: 'completed' } });
    expect(calls).toEqual([toolUseId]);
    expect(existsSync(marker)).toBe(true);
  });

  it('tells apart a refused credential, a rate limit and a model that is away', async () => {
    const { standIn, run, say } = await setup();
    const outcomes: unknown[] = [];
    const failures = [
      [fail.authentication(), fail.authentication()],
      [fail.rateLimited({ retryAfterSeconds: 1 }), fail.rateLimited({ retryAfterSeconds: 1 })],
      [fail.server(), fail.server()],
    ];
    for (const steps of failures) {
      standIn.script(steps);
      const seen = await run(() => ({ decision: 'allow' }));
      say();
      const end = await seen.end;
      outcomes.push(end.type === 'turn_end' && end.outcome.kind === 'failed' ? end.outcome.code : end);
    }
    expect(outcomes).toEqual(['MODEL_AUTHENTICATION', 'MODEL_RATE_LIMITED', 'MODEL_UNAVAILABLE']);
  });
});
