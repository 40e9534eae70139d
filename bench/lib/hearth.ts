/**
 * The contender: the real server as its own process, with the folders, keys and model address a bench gives it. Turns go
 * over HTTP as any client's do, and the stream is read with the project's own reader, but nothing is repaired or
 * left out on the way: what arrives twice counts twice.
 */

import { join } from 'node:path';
import { createdApiKeySchema, type NumberedEvent } from '@hearth/contract';
import { systemClock } from '../../packages/client/src/clock.ts';
import { decodeEvent } from '../../packages/client/src/event-decode.ts';
import { readSse } from '../../packages/client/src/sse.ts';
import { freePort } from '../../packages/server/src/kernel/testing/free-port.ts';
import { expectStatus, healthyAfter } from './http.ts';
import type { Scope, Started } from './scope.ts';

const root = join(import.meta.dirname, '..', '..');
const adminKey = 'bench-admin-key-0123456789-abcdefgh';
/** One key may make 60 turns and 20 sessions a minute; with this many, the limits are never part of a number. */
const keyCount = 12;

export interface Hearth {
  url: string;
  process: Started;
  healthyMs: number;
}

export interface Place {
  home: string;
  modelUrl: string;
  /** Chats recall what is remembered. Off unless asked for: what is learned later would be measured as somebody else's time. */
  recalls?: boolean;
}

export const startHearth = async (scope: Scope, { home, modelUrl, recalls = false }: Place): Promise<Hearth> => {
  const port = await freePort();
  const process = scope.start(join(root, 'packages/server/bin/start.mjs'), {
    // As `npm start` has it.
    flags: ['--max-semi-space-size=2'],
    cwd: home,
    env: {
      HOME: home,
      HEARTH_HOME: home,
      HEARTH_PORT: String(port),
      HEARTH_ADMIN_KEY: adminKey,
      HEARTH_SPARE_WORKER: 'on',
      HEARTH_MEMORY: recalls ? 'on' : 'off',
      HEARTH_LEARN_SECONDS: '86400',
      ANTHROPIC_BASE_URL: modelUrl,
      ANTHROPIC_API_KEY: 'sk-bench',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  return { url, process, healthyMs: await healthyAfter(process, url) };
};

export type Keys = () => string;

/** Makes keys as an owner would, and hands them out in turn. */
export const createKeys = async (url: string): Promise<Keys> => {
  const keys: string[] = [];
  for (let index = 0; index < keyCount; index += 1) {
    const answer = await expectStatus(201, `${url}/api/v1/api-keys`, {
      method: 'POST',
      headers: { 'X-API-Key': adminKey, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: `bench ${index}`, permissions: { shell: true } }),
    });
    keys.push(createdApiKeySchema.parse(JSON.parse(answer.body.toString())).key);
  }
  let next = 0;
  return () => keys[next++ % keys.length] ?? adminKey;
};

export interface Turn {
  /** From the request being sent until the first piece of text was read; null when none came. */
  firstTextMs: number | null;
  sessionId: string;
  /** All pieces of text, in the order they came. */
  streamed: string;
  /** The text of the finished answer messages. */
  answered: string;
  seqs: number[];
  dones: number;
  errors: string[];
}

const textOf = (event: Extract<NumberedEvent, { type: 'message' }>): string =>
  event.data.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

const note = (turn: Turn, event: NumberedEvent, sentAt: number): void => {
  turn.seqs.push(event.seq);
  if ('session_id' in event.data && event.data.session_id) turn.sessionId = event.data.session_id;
  if (event.type === 'partial' && event.data.delta?.type === 'text_delta') {
    turn.firstTextMs ??= performance.now() - sentAt;
    turn.streamed += event.data.delta.text;
  }
  if (event.type === 'message' && event.data.type === 'assistant') turn.answered += textOf(event);
  if (event.type === 'error') turn.errors.push(`${event.data.code}: ${event.data.message}`);
  if (event.type === 'done') turn.dones += 1;
};

/** One turn, read to the end of its stream. `sessionId: null` opens a new chat. */
export const takeTurn = async (
  hearth: Pick<Hearth, 'url'>,
  { key, sessionId, prompt }: { key: string; sessionId: string | null; prompt: string },
): Promise<Turn> => {
  const turn: Turn = { firstTextMs: null, sessionId: '', streamed: '', answered: '', seqs: [], dones: 0, errors: [] };
  const path = sessionId === null ? '/api/v1/stream' : `/api/v1/sessions/${sessionId}/resume`;
  const sentAt = performance.now();
  const response = await fetch(`${hearth.url}${path}`, {
    method: 'POST',
    headers: { 'X-API-Key': key, 'Content-Type': 'application/json', Accept: 'text/event-stream' },
    body: JSON.stringify({ prompt, include_partial_messages: true }),
    signal: AbortSignal.timeout(90_000),
  });
  if (!response.ok || response.body === null)
    throw new Error(`${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  for await (const message of readSse(response.body, { clock: systemClock })) {
    const decoded = decodeEvent(message);
    if (decoded.kind === 'event') note(turn, decoded.event, sentAt);
  }
  return turn;
};

/** A turn that must have gone well; its time to the first text. */
export const firstTextOf = (turn: Turn): number => {
  if (turn.firstTextMs === null) throw new Error(`a turn brought no text. ${turn.errors.join('; ')}`);
  return turn.firstTextMs;
};

/** Gauges of `/metrics` by name. Reading resets the event loop's figures: read once before what is to be watched. */
export const readMetrics = async (url: string): Promise<Map<string, number>> => {
  const { body } = await expectStatus(200, `${url}/metrics`);
  const pairs = body
    .toString()
    .split('\n')
    .map((line) => /^([a-z0-9_]+) (\S+)$/.exec(line))
    .flatMap((match) => (match?.[1] === undefined ? [] : [[match[1], Number(match[2])] as const]));
  return new Map(pairs);
};
