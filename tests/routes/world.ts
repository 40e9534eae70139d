/** One server with two owners for the route tests, and ways to make every kind of resource through the API. */
import { join } from 'node:path';
import type { Permissions } from '@hearth/contract';
import type { Script } from '@hearth/runtime';
import { type Harness, startHarness, startModel, testKey } from '../harness.ts';
import { field, parseEvents, text } from '../support/events.ts';
import { everyPermission, makeOwner, type Owner, plantKey } from '../support/owners.ts';
import { type Answer, type Call, jsonOf, send } from '../support/requests.ts';
import { until } from '../support/until.ts';

export interface World {
  harness: Harness;
  url: string;
  first: Owner;
  second: Owner;
  /** A path inside the folder runs may work in. */
  inWorkspace(name: string): string;
  close(): Promise<void>;
}

const question = { questions: [{ question: 'Which one?', options: [{ label: 'left' }, { label: 'right' }] }] };

const script: Script = ({ text: prompt }) => {
  const [word = '', ...rest] = prompt.split(' ');
  const argument = rest.join(' ');
  if (word === 'hang') return [{ hang: true }];
  if (word === 'run') return [{ use: 'Bash', input: { command: argument } }, { say: 'It ran.' }];
  if (word === 'ask') return [{ use: 'AskUserQuestion', input: question }, { say: 'Thank you.' }];
  if (word === 'write') return [{ use: 'Write', input: { file_path: argument, content: 'new' } }, { say: 'Written.' }];
  return [{ say: `You said: ${prompt}` }];
};

/** Forwarded addresses are believed here, so that every request can come from another stranger. */
export const startWorld = async (): Promise<World> => {
  const model = await startModel();
  const env = { HEARTH_TRUSTED_PROXIES: '127.0.0.1', HEARTH_MAX_WORKERS: '64', ANTHROPIC_BASE_URL: model.url };
  const harness = await startHarness({ script, env });
  const { ownerId } = harness.server.app;
  const first = { ownerId, key: testKey, keyId: '' };
  return {
    harness,
    url: harness.url,
    first,
    second: await makeOwner(harness),
    inWorkspace: (name) => join(harness.home, 'data', 'workspace', name),
    async close() {
      await harness.close();
      await model.close();
    },
  };
};

let strangers = 0;
/** An address nobody has used before: failed sign-ins are counted per address. */
export const newAddress = (): string => {
  strangers += 1;
  return `198.51.${Math.floor(strangers / 250)}.${(strangers % 250) + 1}`;
};

/** A fresh key per call keeps rate limits out of tests that are not about them. */
export const callAs = async (
  world: World,
  owner: Owner,
  call: Call,
  permissions: Permissions = everyPermission,
): Promise<Answer> => {
  const { key } = await plantKey(world.harness, owner.ownerId, { permissions });
  const headers = { 'X-Forwarded-For': newAddress(), ...call.headers, 'X-API-Key': key };
  const endless = call.method === 'GET' && call.path.startsWith('/api/v1/events');
  return send(world.url, { ...call, headers }, endless ? (got) => got.includes(': open') : undefined);
};

const post = async (world: World, owner: Owner, path: string, body: object): Promise<unknown> => {
  const answer = await callAs(world, owner, { method: 'POST', path, body });
  if (answer.status >= 400) throw new Error(`POST ${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
  return jsonOf(answer);
};

export const makeSession = async (world: World, owner: Owner): Promise<string> =>
  text(await post(world, owner, '/api/v1/sessions', { title: 'A secret plan', tags: ['private'] }), 'id');

/** A session in which something was said; answers its id. */
export const makeTalk = async (world: World, owner: Owner, prompt = 'hello'): Promise<string> =>
  text(await post(world, owner, '/api/v1/query/single', { prompt }), 'session_id');

/** A 1x1 PNG. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** A message whose first block is a picture. */
export const makePicture = async (world: World, owner: Owner): Promise<{ session: string; message: string }> => {
  const images = [{ type: 'base64', media_type: 'image/png', data: pixel }];
  const answer = await post(world, owner, '/api/v1/query/single', { prompt: 'look at this', images });
  const session = text(answer, 'session_id');
  return { session, message: (await messagesOf(world, owner, session))[0] ?? '' };
};

/** Says something and does not wait for the answer. */
const begin = async (world: World, owner: Owner, prompt: string): Promise<string> => {
  const session = await makeSession(world, owner);
  const { key } = await plantKey(world.harness, owner.ownerId);
  const body = { prompt, session_id: session };
  await send(world.url, { method: 'POST', path: '/api/v1/stream', headers: { 'X-API-Key': key }, body }, (got) =>
    parseEvents(`${got}\n\n`).some((event) => event.type === 'init'),
  );
  return session;
};

export const makeHangingRun = (world: World, owner: Owner): Promise<string> => begin(world, owner, 'hang');

export interface Waiting {
  session: string;
  approval: string;
  toolUse: string;
}

export const makeWaitingRun = async (world: World, owner: Owner, prompt = 'run make coffee'): Promise<Waiting> => {
  const session = await begin(world, owner, prompt);
  const row = await until('the approval', () =>
    world.harness.server.app.db.kysely
      .selectFrom('approvals')
      .selectAll()
      .where('session_id', '=', session)
      .executeTakeFirst(),
  );
  await until('the waiting run', () =>
    world.harness.server.app.db.kysely
      .selectFrom('runs')
      .select('id')
      .where('session_id', '=', session)
      .where('status', '=', 'waiting')
      .executeTakeFirst(),
  );
  return { session, approval: row.id, toolUse: row.tool_use_id };
};

export const makeRule = async (world: World, owner: Owner): Promise<string> => {
  const { approval, session } = await makeWaitingRun(world, owner, `run make ${crypto.randomUUID()}`);
  await post(world, owner, `/api/v1/approvals/${approval}`, { decision: 'allow_always' });
  await settled(world, session);
  const row = await world.harness.server.app.db.kysely
    .selectFrom('tool_rules')
    .select('id')
    .where('owner_id', '=', owner.ownerId)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow();
  return row.id;
};

/** Each another text: the same one again would be the same memory. */
export const makeMemory = async (world: World, owner: Owner): Promise<string> => {
  const messages = `The spare key number ${crypto.randomUUID()} is under the stone.`;
  const answer = await post(world, owner, '/api/v1/memories', { messages, infer: false });
  return Object(answer).memories[0].id;
};

/** Changes the owner's persona; answers its version. */
export const makePersona = async (world: World, owner: Owner): Promise<number> => {
  const body = { personality: `curious ${crypto.randomUUID()}` };
  return Number(field(jsonOf(await callAs(world, owner, { method: 'PUT', path: '/api/v1/persona', body })), 'version'));
};

/** Until nothing runs in the session any more. */
export const settled = (world: World, session: string): Promise<unknown> =>
  until('the end of the run', async () => {
    const row = await world.harness.server.app.db.kysely
      .selectFrom('runs')
      .select('id')
      .where('session_id', '=', session)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    return row === undefined;
  });

export const makeCheckpoint = async (
  world: World,
  owner: Owner,
): Promise<{ session: string; checkpoint: string; file: string }> => {
  const file = world.inWorkspace(`${crypto.randomUUID()}.txt`);
  const answer = await post(world, owner, '/api/v1/query/single', {
    prompt: `write ${file}`,
    permission_mode: 'acceptEdits',
  });
  const session = text(answer, 'session_id');
  const list = jsonOf(await callAs(world, owner, { method: 'GET', path: `/api/v1/sessions/${session}/checkpoints` }));
  const checkpoints = field(list, 'checkpoints');
  return { session, file, checkpoint: text(Array.isArray(checkpoints) ? checkpoints[0] : null, 'id') };
};

/** Ids of the messages, oldest first. */
const messagesOf = async (world: World, owner: Owner, session: string): Promise<string[]> => {
  const list = jsonOf(await callAs(world, owner, { method: 'GET', path: `/api/v1/sessions/${session}/messages` }));
  const messages = field(list, 'messages');
  return Array.isArray(messages) ? messages.map((message: unknown) => text(message, 'id')) : [];
};

export const lastMessage = async (world: World, owner: Owner, session: string): Promise<string> =>
  (await messagesOf(world, owner, session)).at(-1) ?? '';
