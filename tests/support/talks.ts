/** A server with the scripted provider, and the ways tests talk to it. The first word of a prompt chooses what happens. */
import { sessionSchema } from '@hearth/contract';
import type { Script, ScriptedProvider } from '@hearth/runtime';
import { type Harness, type HarnessOptions, startHarness, testKey } from '../harness.ts';
import { type Follower, follow } from './events.ts';
import { until } from './until.ts';

export interface Talks extends Harness {
  provider: ScriptedProvider;
  stream(prompt: string, options?: { session?: string; key?: string; fields?: object }): Promise<Follower>;
  events(query?: string, options?: { key?: string; lastEventId?: number }): Promise<Follower>;
  newSession(): Promise<string>;
  /** The one approval or question that waits in the session. */
  pending(session: string): Promise<{ id: string; tool: string }>;
  decide(id: string, decision: object, key?: string): Promise<{ status: number; body: unknown }>;
  post(path: string, body?: object, key?: string): Promise<{ status: number; body: unknown }>;
}

const question = { questions: [{ question: 'Left or right?', options: [{ label: 'left' }, { label: 'right' }] }] };

export const talkScript: Script = ({ text, history }) => {
  const [word = '', ...rest] = text.split(' ');
  const argument = rest.join(' ');
  const said = { say: 'All done.' };
  if (word === 'hang') return [{ say: 'One moment. ' }, { hang: true }];
  if (word === 'run') return [{ use: 'Bash', input: { command: argument } }, said];
  if (word === 'twice')
    return [
      { use: 'Bash', input: { command: argument } },
      { use: 'Bash', input: { command: `${argument} again` } },
      said,
    ];
  if (word === 'look')
    return [{ use: 'Bash', input: { command: argument } }, { use: 'Read', input: { file_path: 'a.txt' } }, said];
  if (word === 'ask') return [{ use: 'AskUserQuestion', input: question }, said];
  if (word === 'write') return [{ use: 'Write', input: { file_path: argument, content: 'new' } }, said];
  if (word === 'flood')
    return Array.from({ length: Number(argument) }, (_, index) => ({ say: `${index} ${'x'.repeat(100_000)}` }));
  if (word === 'count') return Array.from({ length: Number(argument) }, (_, index) => ({ say: `part ${index} of it` }));
  return [{ say: `You said: ${text} (${history.length})` }];
};

const parse = async (response: Response): Promise<{ status: number; body: unknown }> => {
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
};

export const startTalks = async (options: Omit<HarnessOptions, 'standIn'> = {}): Promise<Talks> => {
  const env = { HEARTH_MAX_WORKERS: '32', ...options.env };
  const harness = await startHarness({ script: talkScript, ...options, env });
  const { provider } = harness;
  if (provider === null) throw new Error('the scripted provider is missing');
  const post = async (path: string, body?: object, key = testKey) =>
    parse(
      await harness.fetch(path, {
        method: 'POST',
        headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      }),
    );
  return {
    ...harness,
    provider,
    post,
    stream: (prompt, { session, key = testKey, fields } = {}) =>
      follow((signal) =>
        harness.fetch('/api/v1/stream', {
          signal,
          method: 'POST',
          headers: { 'X-API-Key': key, 'Content-Type': 'application/json' },
          body: JSON.stringify({ prompt, ...(session ? { session_id: session } : {}), ...fields }),
        }),
      ),
    events: (query = '', { key = testKey, lastEventId } = {}) =>
      follow((signal) =>
        harness.fetch(`/api/v1/events${query}`, {
          signal,
          headers: { 'X-API-Key': key, ...(lastEventId === undefined ? {} : { 'Last-Event-ID': String(lastEventId) }) },
        }),
      ),
    newSession: async () => sessionSchema.parse((await post('/api/v1/sessions', {})).body).id,
    pending: (session) =>
      until('the open question', () =>
        harness.server.app.db.kysely
          .selectFrom('approvals')
          .select(['id', 'tool'])
          .where('session_id', '=', session)
          .where('status', '=', 'pending')
          .executeTakeFirst(),
      ),
    decide: (id, decision, key) => post(`/api/v1/approvals/${id}`, decision, key),
  };
};

/** Until the newest run of the session has this status. */
export const runIs = (talks: Harness, session: string, status: string, limitMs = 5_000): Promise<unknown> =>
  until(
    `the run is ${status}`,
    async () => {
      const row = await talks.server.app.db.kysely
        .selectFrom('runs')
        .select('status')
        .where('session_id', '=', session)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .executeTakeFirst();
      return row?.status === status;
    },
    limitMs,
  );
