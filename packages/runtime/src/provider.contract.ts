/**
 * What every provider must keep, whatever thinks behind it. `make` gives a provider whose model answers with the given
 * steps, turn by turn; each adapter runs this suite.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@hearth/contract';
import { afterEach, describe, expect, it } from 'vitest';
import { profileFixture } from './fixtures.ts';
import { createMemoryTranscripts } from './memory-transcripts.ts';
import type {
  AgentProvider,
  AgentWorker,
  OpenRequest,
  ToolCall,
  ToolGate,
  TranscriptStore,
  WorkerEvent,
  WorkerProfile,
} from './provider.ts';

export type ContractStep =
  | { say: string }
  | { use: string; input: JsonObject }
  | { fail: 'overloaded' }
  | { hang: true };

export interface ProviderHarness {
  provider: AgentProvider;
  /** The steps of the next turns, one list a turn; after a tool step the model goes on with the next step. */
  answer(turns: ContractStep[][]): void;
  /** Texts of the conversation that the model saw in its last request. */
  lastSeen(): string;
  close(): Promise<void>;
}

interface Heard {
  events: WorkerEvent[];
  calls: ToolCall[];
  end: Promise<Extract<WorkerEvent, { type: 'turn_end' | 'exit' }>>;
}

const turn = (text: string) => ({ uuid: randomUUID(), text, images: [] });

const listenTo = (worker: AgentWorker, gate: ToolGate): Heard => {
  const end = Promise.withResolvers<Extract<WorkerEvent, { type: 'turn_end' | 'exit' }>>();
  const heard: Heard = { events: [], calls: [], end: end.promise };
  worker.listen(
    (event) => {
      heard.events.push(event);
      if (event.type === 'turn_end' || event.type === 'exit') end.resolve(event);
    },
    async (call) => {
      heard.calls.push(call);
      return gate(call);
    },
  );
  return heard;
};

const textOf = (heard: Heard): string =>
  heard.events
    .flatMap((event) =>
      event.type === 'partial' && event.data.delta?.type === 'text_delta' ? event.data.delta.text : [],
    )
    .join('');

const toolResult = (heard: Heard) =>
  heard.events
    .flatMap((event) => (event.type === 'message' && event.data.type === 'user' ? event.data.content : []))
    .find((block) => block.type === 'tool_result');

const allow: ToolGate = async () => ({ decision: 'allow' });

export const providerContract = (name: string, make: () => Promise<ProviderHarness>): void => {
  describe(`provider contract: ${name}`, () => {
    const cleanups: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });

    const setup = async () => {
      const harness = await make();
      cleanups.push(harness.close);
      const transcripts = createMemoryTranscripts();
      const cwd = mkdtempSync(join(tmpdir(), 'hearth-provider-'));
      const open = async (
        resume: OpenRequest['resume'] = null,
        profile: Partial<WorkerProfile> = {},
        store: TranscriptStore = transcripts,
      ) => {
        const worker = await harness.provider.open({
          profile: profileFixture({ cwd, ...profile }),
          resume,
          transcripts: store,
        });
        cleanups.push(worker.close);
        return worker;
      };
      return { harness, open, transcripts, cwd };
    };

    it('streams text that adds up to the message, and ends the turn once', async () => {
      const { harness, open } = await setup();
      harness.answer([[{ say: 'Good morning to you' }]]);
      const worker = await open();
      const heard = listenTo(worker, allow);
      worker.send(turn('hello'));
      expect(await heard.end).toMatchObject({ type: 'turn_end', outcome: { kind: 'completed' } });
      expect(textOf(heard)).toBe('Good morning to you');
      expect(heard.events.filter((event) => event.type === 'turn_end')).toHaveLength(1);
      const message = heard.events.find((event) => event.type === 'message');
      expect(message?.type === 'message' && message.data.content).toEqual([
        { type: 'text', text: 'Good morning to you' },
      ]);
    });

    it('asks the gate before a tool runs, and runs it with the input the gate gives back', async () => {
      const { harness, open, cwd } = await setup();
      const asked = join(cwd, 'asked.txt');
      const changed = join(cwd, 'changed.txt');
      harness.answer([[{ use: 'Write', input: { file_path: asked, content: 'x' } }, { say: 'done' }]]);
      const worker = await open();
      const heard = listenTo(worker, async () => ({ decision: 'allow', input: { file_path: changed, content: 'y' } }));
      worker.send(turn('write it'));
      await heard.end;
      expect(heard.calls.map((call) => [call.tool, call.input])).toEqual([
        ['Write', { file_path: asked, content: 'x' }],
      ]);
      expect(toolResult(heard)).not.toMatchObject({ is_error: true });
    });

    it('does not run a refused tool, and tells the model why', async () => {
      const { harness, open } = await setup();
      harness.answer([[{ use: 'Bash', input: { command: 'touch /tmp/must-not-exist' } }, { say: 'I was refused' }]]);
      const worker = await open();
      const heard = listenTo(worker, async () => ({ decision: 'deny', reason: 'not in this house' }));
      worker.send(turn('do it'));
      expect(await heard.end).toMatchObject({ outcome: { kind: 'completed' } });
      expect(toolResult(heard)).toMatchObject({
        is_error: true,
        content: expect.stringContaining('not in this house'),
      });
    });

    it('treats a gate that throws as a refusal', async () => {
      const { harness, open } = await setup();
      harness.answer([[{ use: 'Bash', input: { command: 'true' } }, { say: 'fine' }]]);
      const worker = await open();
      const heard = listenTo(worker, async () => {
        throw new Error('gate is broken');
      });
      worker.send(turn('go'));
      await heard.end;
      expect(toolResult(heard)).toMatchObject({ is_error: true });
    });

    it('keeps the conversation within a worker', async () => {
      const { harness, open } = await setup();
      harness.answer([[{ say: 'one' }], [{ say: 'two' }]]);
      const worker = await open();
      const first = listenTo(worker, allow);
      worker.send(turn('the code word is marmalade'));
      await first.end;
      const second = listenTo(worker, allow);
      worker.send(turn('what was it?'));
      await second.end;
      expect(harness.lastSeen()).toContain('marmalade');
    });

    it('continues in another worker from the transcripts alone, and a fork leaves the original untouched', async () => {
      const { harness, open } = await setup();
      harness.answer([[{ say: 'noted' }], [{ say: 'forked' }], [{ say: 'resumed' }]]);
      const worker = await open();
      const first = listenTo(worker, allow);
      worker.send(turn('the code word is marmalade'));
      await first.end;
      await worker.close();

      const fork = await open({ agentSessionId: worker.agentSessionId, fork: true });
      expect(fork.agentSessionId).not.toBe(worker.agentSessionId);
      const forked = listenTo(fork, allow);
      fork.send(turn('only in the fork: turnip'));
      await forked.end;
      expect(harness.lastSeen()).toContain('marmalade');

      const again = await open({ agentSessionId: worker.agentSessionId, fork: false });
      const resumed = listenTo(again, allow);
      again.send(turn('what was it?'));
      await resumed.end;
      expect(again.agentSessionId).toBe(worker.agentSessionId);
      expect(harness.lastSeen()).toContain('marmalade');
      expect(harness.lastSeen()).not.toContain('turnip');
    });

    it('parks a call and asks the gate for the very same one after a resume, exactly once', async () => {
      const { harness, open, cwd } = await setup();
      const input = { file_path: join(cwd, 'parked.txt'), content: 'x' };
      harness.answer([[{ use: 'Write', input }, { say: 'written' }]]);
      const worker = await open();
      const parked = listenTo(worker, async () => ({ decision: 'park' }));
      worker.send(turn('write it'));
      expect(await parked.end).toMatchObject({ outcome: { kind: 'parked' } });
      await worker.close();

      const later = await open({ agentSessionId: worker.agentSessionId, fork: false });
      const resumed = listenTo(later, allow);
      expect(await resumed.end).toMatchObject({ outcome: { kind: 'completed' } });
      expect(resumed.calls.map((call) => [call.toolUseId, call.input])).toEqual([[parked.calls[0]?.toolUseId, input]]);
    });

    describe('a branch', () => {
      const said = async (open: (resume: OpenRequest['resume']) => Promise<AgentWorker>, texts: string[]) => {
        const worker = await open(null);
        const ids: string[] = [];
        for (const text of texts) {
          const heard = listenTo(worker, allow);
          const one = turn(text);
          ids.push(one.uuid);
          worker.send(one);
          await heard.end;
        }
        await worker.close();
        return { agentSessionId: worker.agentSessionId, ids };
      };
      const goOn = async (worker: AgentWorker, text: string, gate = allow) => {
        const heard = listenTo(worker, gate);
        worker.send(turn(text));
        expect(await heard.end).toMatchObject({ outcome: { kind: 'completed' } });
        return heard;
      };
      const steps: ContractStep[][] = [
        [{ say: 'noted' }],
        [{ use: 'Bash', input: { command: 'true' } }, { say: 'ran it' }],
        [{ say: 'too late' }],
        [{ say: 'branched' }],
        [{ say: 'resumed' }],
      ];

      it('knows the turns before the cut and nothing after it, and leaves the original alone', async () => {
        const { harness, open, transcripts } = await setup();
        harness.answer(steps);
        const { agentSessionId, ids } = await said(open, ['marmalade', 'run turnip', 'celery']);
        const before = [randomUUID(), ids[2] ?? ''];
        const branch = await harness.provider.branch({ transcripts, agentSessionId, before });
        expect(ids.map(branch.holds)).toEqual([true, true, false]);
        expect(branch.holds(randomUUID())).toBeNull();
        await transcripts.append({ agentSessionId: branch.agentSessionId, subpath: '' }, branch.entries);
        const worker = await open({ agentSessionId: branch.agentSessionId, fork: false });
        expect(worker.agentSessionId).toBe(branch.agentSessionId);
        const heard = await goOn(worker, 'only in the branch: parsley');
        expect(heard.calls).toEqual([]);
        for (const word of ['marmalade', 'turnip', 'ran it', 'parsley']) expect(harness.lastSeen()).toContain(word);
        for (const word of ['celery', 'too late']) expect(harness.lastSeen()).not.toContain(word);

        await goOn(await open({ agentSessionId, fork: false }), 'and here?');
        expect(harness.lastSeen()).toContain('celery');
        expect(harness.lastSeen()).not.toContain('parsley');
      });

      it('holds everything without a cut, nothing before the first message, and can be branched again', async () => {
        const { harness, open, transcripts } = await setup();
        harness.answer(steps);
        const { agentSessionId, ids } = await said(open, ['marmalade', 'run turnip', 'celery']);
        const copy = async (from: string, before: string[]) => {
          const branch = await harness.provider.branch({ transcripts, agentSessionId: from, before });
          await transcripts.append({ agentSessionId: branch.agentSessionId, subpath: '' }, branch.entries);
          return { ...branch, holds: ids.map(branch.holds) };
        };
        const whole = await copy(agentSessionId, []);
        expect(whole.holds).toEqual([true, true, true]);
        expect((await copy(agentSessionId, ids)).entries).toEqual([]);
        const again = await copy(whole.agentSessionId, [ids[1] ?? '']);
        expect(again.holds).toEqual([true, false, false]);
        await goOn(await open({ agentSessionId: again.agentSessionId, fork: false }), 'and now?');
        expect(harness.lastSeen()).toContain('marmalade');
        expect(harness.lastSeen()).not.toContain('turnip');
      });

      it('does not ask again for a call that is parked in the original', async () => {
        const { harness, open, transcripts } = await setup();
        harness.answer([[{ use: 'Bash', input: { command: 'true' } }, { say: 'went on' }], [{ say: 'never' }]]);
        const worker = await open();
        const parked = listenTo(worker, async () => ({ decision: 'park' }));
        worker.send(turn('run it'));
        expect(await parked.end).toMatchObject({ outcome: { kind: 'parked' } });
        await worker.close();
        const { agentSessionId } = worker;
        const branch = await harness.provider.branch({ transcripts, agentSessionId, before: [] });
        await transcripts.append({ agentSessionId: branch.agentSessionId, subpath: '' }, branch.entries);
        const later = await open({ agentSessionId: branch.agentSessionId, fork: false });
        expect((await goOn(later, 'something else')).calls).toEqual([]);
      });
    });

    it('stops when interrupted and can go on afterwards', async () => {
      const { harness, open } = await setup();
      harness.answer([[{ hang: true }], [{ say: 'still here' }]]);
      const worker = await open();
      const heard = listenTo(worker, allow);
      worker.send(turn('take your time'));
      await expect.poll(() => harness.lastSeen(), { timeout: 10_000 }).toContain('take your time');
      await worker.interrupt();
      expect(await heard.end).toMatchObject({ type: 'turn_end', outcome: { kind: 'interrupted' } });
      const after = listenTo(worker, allow);
      worker.send(turn('and now?'));
      expect(await after.end).toMatchObject({ outcome: { kind: 'completed' } });
    });

    it('reports an upstream failure as the outcome of the turn, in words', async () => {
      const { harness, open } = await setup();
      harness.answer([[{ fail: 'overloaded' }]]);
      const worker = await open();
      const heard = listenTo(worker, allow);
      worker.send(turn('hello'));
      expect(await heard.end).toMatchObject({ outcome: { kind: 'failed', code: 'MODEL_OVERLOADED' } });
    });

    it('is not alive after close, and close may be called twice', async () => {
      const { harness, open } = await setup();
      harness.answer([]);
      const worker = await open();
      await worker.close();
      await worker.close();
      expect(worker.alive).toBe(false);
    });
  });
};
