/**
 * A Hearth for the tests of the chat, as an injected fetch: requests are kept, and a test feeds the streams by hand. The
 * real client runs on top of it.
 */
import { type Client, type Clock, createClient } from '@hearth/client';
import type { EventData, NumberedEvent } from '@hearth/contract';

export const sessionId = '6e9f8f24-1d07-4a53-8d83-0a4a1f9c2b01';
export const runId = '6e9f8f24-1d07-4a53-8d83-0a4a1f9c2b02';
export const approvalId = '6e9f8f24-1d07-4a53-8d83-0a4a1f9c2b03';
export const inRun = { session_id: sessionId, run_id: runId };

export interface FakeRequest {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

/** One open event stream: the test decides what comes and when it ends. */
export interface FakeStream {
  request: FakeRequest;
  send(...events: NumberedEvent[]): void;
  cut(): void;
}

export interface FakeHearth {
  client: Client;
  requests: FakeRequest[];
  /** The next stream that the chat opens. */
  nextStream(): Promise<FakeStream>;
  /** The next plain request on a path that ends like this. */
  nextRequest(end: string): Promise<FakeRequest>;
  answers: Map<string, { status?: number; body: unknown }>;
}

/** Hands items over in order, whoever comes first. */
const createHandover = <Item>() => {
  const ready: Item[] = [];
  const waiting: ((item: Item) => void)[] = [];
  return {
    put: (item: Item): void => {
      const taker = waiting.shift();
      if (taker === undefined) ready.push(item);
      else taker(item);
    },
    take: (): Promise<Item> => {
      const item = ready.shift();
      return item === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(item);
    },
  };
};

const encode = (event: NumberedEvent): string =>
  `event: ${event.type}\nid: ${event.seq}\ndata: ${JSON.stringify(event.data)}\n\n`;

const clock: Clock = { timer: () => () => {}, sleep: async () => {}, random: () => 0 };

const openStream = (request: FakeRequest): { response: Response; stream: FakeStream } => {
  const channel = new TransformStream<Uint8Array, Uint8Array>();
  const writer = channel.writable.getWriter();
  const text = new TextEncoder();
  // A reader that has gone away is part of the tests.
  const ignore = (): void => {};
  const stream: FakeStream = {
    request,
    send: (...events) => {
      for (const event of events) writer.write(text.encode(encode(event))).catch(ignore);
    },
    cut: () => void writer.abort(new Error('cut')).catch(ignore),
  };
  const response = new Response(channel.readable, { headers: { 'content-type': 'text/event-stream' } });
  return { response, stream };
};

export const createFakeHearth = (): FakeHearth => {
  const requests: FakeRequest[] = [];
  const streams = createHandover<FakeStream>();
  const calls = new Map<string, ReturnType<typeof createHandover<FakeRequest>>>();
  const callsTo = (end: string) => {
    const handover = calls.get(end) ?? createHandover<FakeRequest>();
    calls.set(end, handover);
    return handover;
  };
  const answers: FakeHearth['answers'] = new Map([
    ['/health', { body: { status: 'healthy' } }],
    ['/account', { body: { demo: true, label: 'demo model' } }],
  ]);
  const fakeFetch: typeof fetch = async (input, init) => {
    const url = new URL(String(input));
    const body = typeof init?.body === 'string' ? JSON.parse(init.body) : {};
    const request = { method: init?.method ?? 'GET', path: url.pathname + url.search, body };
    requests.push(request);
    if (new Headers(init?.headers).get('accept') === 'text/event-stream') {
      const { response, stream } = openStream(request);
      streams.put(stream);
      return response;
    }
    const end = url.pathname.slice(url.pathname.lastIndexOf('/'));
    callsTo(end).put(request);
    const answer = answers.get(end) ?? { body: {} };
    return Response.json(answer.body, { status: answer.status ?? 200 });
  };
  const client = createClient({ baseUrl: 'http://hearth.test', clock, fetch: fakeFetch });
  return { client, requests, answers, nextStream: streams.take, nextRequest: (end) => callsTo(end).take() };
};

/** Numbers events as they are made. */
export const createEvents = () => {
  let seq = 0;
  return {
    text: (text: string, index = 0): NumberedEvent => {
      const delta = { type: 'text_delta' as const, text };
      const place = { type: 'content_block_delta' as const, message_id: 'm', index, parent_tool_use_id: null };
      return { type: 'partial', seq: ++seq, data: { ...inRun, ...place, delta } };
    },
    partial: (data: Partial<EventData<'partial'>>): NumberedEvent => {
      const base = { type: 'content_block_delta' as const, message_id: 'm', index: 0, parent_tool_use_id: null };
      return { type: 'partial', seq: ++seq, data: { ...inRun, ...base, ...data } };
    },
    message: (content: EventData<'message'>['content'], more: Partial<EventData<'message'>> = {}): NumberedEvent => {
      const base = { type: 'assistant' as const, uuid: runId, parent_tool_use_id: null };
      return { type: 'message', seq: ++seq, data: { ...inRun, ...base, content, ...more } };
    },
    approval: (input: Record<string, unknown>, more: Partial<EventData<'approval'>> = {}): NumberedEvent => {
      const base = {
        approval_id: approvalId,
        tool: 'Bash',
        title: 'Run a command',
        risk: 'high' as const,
        risk_reason: 'deletes files',
      };
      return {
        type: 'approval',
        seq: ++seq,
        data: { ...inRun, ...base, input, expires_at: '2026-01-01T00:00:00Z', ...more },
      };
    },
    question: (question: string, options?: { label: string }[]): NumberedEvent => ({
      type: 'question',
      seq: ++seq,
      data: { ...inRun, approval_id: approvalId, tool_use_id: 't1', question, options },
    }),
    settled: (status: EventData<'approval_settled'>['status'], by: string): NumberedEvent => ({
      type: 'approval_settled',
      seq: ++seq,
      data: { ...inRun, approval_id: approvalId, status, decided_by: by },
    }),
    todo: (todos: EventData<'todo'>['todos']): NumberedEvent => ({
      type: 'todo',
      seq: ++seq,
      data: { ...inRun, todos },
    }),
    error: (code: string, message: string): NumberedEvent => ({
      type: 'error',
      seq: ++seq,
      data: { ...inRun, code, message },
    }),
    result: (content: string, more: Partial<EventData<'result'>> = {}): NumberedEvent => ({
      type: 'result',
      seq: ++seq,
      data: {
        ...inRun,
        model: 'claude-x',
        demo: false,
        content,
        content_blocks: [],
        num_turns: 2,
        is_error: false,
        stop_reason: 'completed',
        duration_ms: 3210,
        total_cost_usd: 0.0123,
        usage: { input_tokens: 20, output_tokens: 7, cache_read_input_tokens: 80, cache_creation_input_tokens: 0 },
        model_usage: {},
        memories_used: [],
        is_complete: true,
        ...more,
      },
    }),
    done: (reason: EventData<'done'>['reason'] = 'completed'): NumberedEvent => ({
      type: 'done',
      seq: ++seq,
      data: { ...inRun, reason },
    }),
  };
};
