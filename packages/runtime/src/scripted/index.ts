/**
 * The double of the Claude adapter: a provider whose answers are scripted, without a process. It keeps the same
 * contract (gate before tools, one end per turn, transcripts that another worker can resume), so tests of everything
 * above the port are quick and exact.
 */
import { randomUUID } from 'node:crypto';
import type { ContentBlock, JsonObject } from '@hearth/contract';
import { emptyUsage } from '@hearth/contract';
import type {
  AgentProvider,
  AgentWorker,
  FailureCode,
  OpenRequest,
  ToolGate,
  TurnOutcome,
  UserTurn,
  WorkerEvent,
} from '../provider.ts';

export type ScriptStep =
  | { say: string }
  /** The beginning of an answer that is never finished: hangs until interrupted or closed. */
  | { begin: string }
  | { think: string }
  /** `result`: what the tool answers when it may run. */
  | { use: string; input: JsonObject; agentId?: string; result?: unknown }
  | { fail: FailureCode; message?: string }
  /** Says nothing more until interrupted or closed. */
  | { hang: true }
  /** The process is gone. */
  | { die: true };

/** `history` holds the texts of the conversation so far, as `user: …` and `assistant: …` lines. */
export type Script = (turn: { text: string; history: string[]; images: number }) => ScriptStep[];

export interface ScriptedProvider extends AgentProvider {
  /** What happened, for assertions. */
  readonly log: { opened: OpenRequest[]; toolsRun: { tool: string; input: JsonObject }[] };
}

type Line = { type: string; uuid: string; text?: string; open?: { id: string; tool: string; input: JsonObject } };

const createWorker = async (
  request: OpenRequest,
  script: Script,
  log: ScriptedProvider['log'],
): Promise<AgentWorker> => {
  const fresh = randomUUID();
  const agentSessionId = request.resume && !request.resume.fork ? request.resume.agentSessionId : fresh;
  const lines: Line[] = [];
  if (request.resume) {
    const stored = await request.transcripts.load({ agentSessionId: request.resume.agentSessionId, subpath: '' });
    for (const entry of stored ?? []) lines.push(toLine(entry));
    if (request.resume.fork) await request.transcripts.append({ agentSessionId, subpath: '' }, stored ?? []);
  }

  let alive = true;
  let interrupted = Promise.withResolvers<void>();
  let emit: (event: WorkerEvent) => void = () => {};
  let gate: ToolGate = async () => ({ decision: 'deny', reason: 'nobody listens' });
  let abort = new AbortController();
  const queue: UserTurn[] = [];
  let running = false;

  const remember = async (line: Omit<Line, 'uuid'>, uuid: string = randomUUID()): Promise<void> => {
    const full = { ...line, uuid };
    lines.push(full);
    await request.transcripts.append({ agentSessionId, subpath: '' }, [full]);
  };

  /** Answers the message's id, which is also that of its line in the transcript. */
  const message = (type: 'user' | 'assistant', content: ContentBlock[], messageId: string): string => {
    const uuid = randomUUID();
    const data = { uuid, type, content, model: 'scripted', message_id: messageId, parent_tool_use_id: null };
    emit({ type: 'message', data });
    return uuid;
  };

  const write = (id: string, text: string): void => {
    const common = { message_id: id, index: 0, parent_tool_use_id: null };
    emit({
      type: 'partial',
      data: { ...common, type: 'content_block_start', content_block: { type: 'text', text: '' } },
    });
    for (const word of text.split(/(?<= )/)) {
      emit({
        type: 'partial',
        data: { ...common, type: 'content_block_delta', delta: { type: 'text_delta', text: word } },
      });
    }
  };

  const say = async (text: string): Promise<void> => {
    const id = randomUUID();
    write(id, text);
    const end = { message_id: id, index: 0, parent_tool_use_id: null, type: 'content_block_stop' as const };
    emit({ type: 'partial', data: end });
    await remember({ type: 'assistant', text }, message('assistant', [{ type: 'text', text }], id));
  };

  const useTool = async (
    { id, tool, input }: NonNullable<Line['open']>,
    {
      agentId = null,
      result = `${tool} done`,
      uuid,
    }: { agentId?: string | null; result?: unknown; uuid?: string } = {},
  ): Promise<'go' | 'parked'> => {
    await remember({ type: 'call', open: { id, tool, input } }, uuid);
    const verdict = await gate({ toolUseId: id, tool, input, agentId, signal: abort.signal }).catch(() => ({
      decision: 'deny' as const,
      reason: 'the gate failed',
    }));
    if (verdict.decision === 'park') {
      await remember({ type: 'deferred', open: { id, tool, input } });
      return 'parked';
    }
    const args = verdict.decision === 'allow' ? (verdict.input ?? input) : input;
    if (verdict.decision === 'allow') log.toolsRun.push({ tool, input: args });
    const content = verdict.decision === 'allow' ? result : verdict.reason;
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    const block = { type: 'tool_result' as const, tool_use_id: id, content, is_error: verdict.decision === 'deny' };
    await remember({ type: 'tool_result', text }, message('user', [block], id));
    return 'go';
  };

  const perform = async (step: ScriptStep): Promise<TurnOutcome | null> => {
    if ('say' in step) await say(step.say);
    else if ('begin' in step) {
      write(randomUUID(), step.begin);
      await interrupted.promise;
    } else if ('think' in step) message('assistant', [{ type: 'thinking', thinking: step.think }], randomUUID());
    else if ('use' in step) {
      const id = `toolu_${randomUUID()}`;
      const uuid = message('assistant', [{ type: 'tool_use', id, name: step.use, input: step.input }], id);
      const call = { id, tool: step.use, input: step.input };
      if ((await useTool(call, { agentId: step.agentId, result: step.result, uuid })) === 'parked')
        return { kind: 'parked' };
    } else if ('fail' in step)
      return { kind: 'failed', code: step.fail, message: step.message ?? step.fail, retryAfter: null };
    else if ('die' in step) {
      alive = false;
      emit({ type: 'exit', reason: 'scripted death' });
    } else await interrupted.promise;
    return null;
  };

  const runSteps = async (steps: ScriptStep[]): Promise<void> => {
    emit({ type: 'init', data: initData(request) });
    let outcome: TurnOutcome = { kind: 'completed' };
    for (const step of steps) {
      const ended = abort.signal.aborted ? ({ kind: 'interrupted' } as const) : await perform(step);
      if (!alive) return;
      if (abort.signal.aborted) outcome = { kind: 'interrupted' };
      else if (ended) outcome = ended;
      if (ended || abort.signal.aborted) break;
    }
    running = false;
    emit({ type: 'turn_end', outcome, totals: totals(lines), moreQueued: queue.length > 0 });
    if (alive) await next();
  };

  const next = async (): Promise<void> => {
    if (running) return;
    const turn = queue.shift();
    if (!turn) return;
    running = true;
    const history = lines.flatMap((line) => (line.text === undefined ? [] : [`${line.type}: ${line.text}`]));
    await remember({ type: 'user', text: turn.text }, turn.uuid);
    await runSteps(script({ text: turn.text, history, images: turn.images.length }));
  };

  const resumeOpenCall = async (): Promise<void> => {
    const last = lines.at(-1);
    if (last?.type !== 'deferred' || !last.open || running) return;
    const { open } = last;
    running = true;
    if ((await useTool(open)) === 'parked') {
      running = false;
      emit({ type: 'turn_end', outcome: { kind: 'parked' }, totals: totals(lines), moreQueued: false });
      return;
    }
    await runSteps([{ say: 'Continued.' }]);
  };

  return {
    agentSessionId,
    get alive() {
      return alive;
    },
    listen(listener, nextGate) {
      emit = listener;
      gate = nextGate;
      abort = new AbortController();
      interrupted = Promise.withResolvers<void>();
      queueMicrotask(() => void resumeOpenCall());
    },
    send(turn) {
      queue.push(turn);
      queueMicrotask(() => void next());
    },
    async interrupt() {
      abort.abort();
      interrupted.resolve();
    },
    async close() {
      if (!alive) return;
      alive = false;
      abort.abort();
      interrupted.resolve();
    },
  };
};

const toLine = (entry: { type: string; uuid?: string; [field: string]: unknown }): Line => ({
  type: entry.type,
  uuid: entry.uuid ?? randomUUID(),
  ...(typeof entry.text === 'string' ? { text: entry.text } : {}),
  ...(isOpenCall(entry.open) ? { open: entry.open } : {}),
});

const isOpenCall = (value: unknown): value is { id: string; tool: string; input: JsonObject } =>
  typeof value === 'object' && value !== null && 'id' in value && 'tool' in value && 'input' in value;

const totals = (lines: Line[]) => ({
  costUsd: 0.001,
  modelUsage: {},
  usage: { ...emptyUsage, input_tokens: 10, output_tokens: 5 },
  numTurns: 1,
  text: lines.findLast((line) => line.type === 'assistant')?.text ?? '',
  structuredOutput: undefined,
});

const initData = (request: OpenRequest) => ({
  model: request.profile.model ?? 'scripted',
  tools: request.profile.tools,
  mcp_servers: [],
  plugins: [],
  commands: [],
  permission_mode: 'default' as const,
});

export const createScriptedProvider = (script: Script): ScriptedProvider => {
  const log: ScriptedProvider['log'] = { opened: [], toolsRun: [] };
  return {
    name: 'scripted',
    log,
    async deferOpenCall({ transcripts, agentSessionId, toolUseId }) {
      const entries = (await transcripts.load({ agentSessionId, subpath: '' })) ?? [];
      const call = entries.map(toLine).findLast((line) => line.open?.id === toolUseId);
      if (!call) return false;
      if (entries.at(-1)?.type !== 'deferred')
        await transcripts.append({ agentSessionId, subpath: '' }, [{ ...call, type: 'deferred', uuid: randomUUID() }]);
      return true;
    },
    async branch({ transcripts, agentSessionId, before }) {
      const entries = (await transcripts.load({ agentSessionId, subpath: '' })) ?? [];
      const found = entries.findIndex((entry) => entry.uuid !== undefined && before.includes(entry.uuid));
      let end = found < 0 ? entries.length : found;
      while (end > 0 && isOpenCall(entries[end - 1]?.open)) end -= 1;
      return {
        agentSessionId: randomUUID(),
        entries: entries.slice(0, end),
        holds(messageId) {
          const at = entries.findIndex((entry) => entry.uuid === messageId);
          return at < 0 ? null : at < end;
        },
      };
    },
    open(request) {
      log.opened.push(request);
      return createWorker(request, script, log);
    },
  };
};
