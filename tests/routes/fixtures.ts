/**
 * How a call that succeeds is made, for every route of the document. A route without an entry fails the suite, so that
 * nobody adds one without saying how it is tested. `ids` are ids of the owner's resources that the call holds.
 */

import { type Owner, plantKey } from '../support/owners.ts';
import type { Call } from '../support/requests.ts';
import {
  lastMessage,
  makeCheckpoint,
  makeHangingRun,
  makeMemory,
  makePersona,
  makePicture,
  makeRule,
  makeSession,
  makeTalk,
  makeWaitingRun,
  type World,
} from './world.ts';

export interface Made extends Pick<Call, 'path' | 'body'> {
  ids: string[];
}

export interface Fixture {
  /** Status of the call when its owner makes it. */
  status: number;
  make(world: World, owner: Owner): Promise<Made>;
}

const plain = (path: string, status = 200): Fixture => ({ status, make: async () => ({ path, ids: [] }) });

const inSession = (
  rest: string,
  options: { status?: number; body?: unknown; make?: (world: World, owner: Owner) => Promise<string> } = {},
): Fixture => ({
  status: options.status ?? 200,
  async make(world, owner) {
    const session = await (options.make ?? makeSession)(world, owner);
    return { path: `/api/v1/sessions/${session}${rest}`, body: options.body, ids: [session] };
  },
});

const talk = (path: string): Fixture => ({
  status: 200,
  async make(world, owner) {
    const session = await makeTalk(world, owner);
    return { path, body: { prompt: 'and then?', session_id: session }, ids: [session] };
  },
});

const waitingIn =
  (prompt: string) =>
  async (world: World, owner: Owner): Promise<string> =>
    (await makeWaitingRun(world, owner, prompt)).session;

const ofApproval = (body?: unknown): Fixture => ({
  status: 200,
  async make(world, owner) {
    const { approval } = await makeWaitingRun(world, owner);
    return { path: `/api/v1/approvals/${approval}`, body, ids: [approval] };
  },
});

const ofPicture = (rest: string): Fixture => ({
  status: 200,
  async make(world, owner) {
    const { session, message } = await makePicture(world, owner);
    return { path: `/api/v1/sessions/${session}/messages/${message}${rest}`, ids: [session, message] };
  },
});

const ofKey = (rest: string, status: number): Fixture => ({
  status,
  async make(world, owner) {
    const { keyId } = await plantKey(world.harness, owner.ownerId);
    return { path: `/api/v1/api-keys/${keyId}${rest}`, ids: [keyId] };
  },
});

const ofMemory = (rest: string, body?: unknown): Fixture => ({
  status: 200,
  async make(world, owner) {
    const memory = await makeMemory(world, owner);
    return { path: `/api/v1/memories/${memory}${rest}`, body, ids: [memory] };
  },
});

const memories: Record<string, Fixture> = {
  'GET /api/v1/memories': {
    status: 200,
    async make(world, owner) {
      await makeMemory(world, owner);
      return { path: '/api/v1/memories', ids: [] };
    },
  },
  'POST /api/v1/memories': {
    status: 201,
    make: async () => ({
      path: '/api/v1/memories',
      body: { messages: 'The cellar key hangs behind the door.', infer: false },
      ids: [],
    }),
  },
  'POST /api/v1/memories/search': {
    status: 200,
    async make(world, owner) {
      await makeMemory(world, owner);
      return { path: '/api/v1/memories/search', body: { query: 'spare key', explain: true }, ids: [] };
    },
  },
  'DELETE /api/v1/memories': plain('/api/v1/memories'),
  'GET /api/v1/memories/graph': plain('/api/v1/memories/graph'),
  'GET /api/v1/memories/settings': plain('/api/v1/memories/settings'),
  'PUT /api/v1/memories/settings': {
    status: 200,
    make: async () => ({ path: '/api/v1/memories/settings', body: { pii_mode: 'redact' }, ids: [] }),
  },
  'GET /api/v1/memories/export': {
    status: 200,
    async make(world, owner) {
      await makeMemory(world, owner);
      return { path: '/api/v1/memories/export', ids: [] };
    },
  },
  'POST /api/v1/memories/import': {
    status: 200,
    make: async () => ({
      path: '/api/v1/memories/import',
      body: { lines: '{"memory":"The attic is insulated."}' },
      ids: [],
    }),
  },
  'GET /api/v1/memories/{id}': ofMemory(''),
  'PUT /api/v1/memories/{id}': ofMemory('', { memory: 'The spare key is with the neighbours.' }),
  'DELETE /api/v1/memories/{id}': ofMemory(''),
  'GET /api/v1/memories/{id}/history': ofMemory('/history'),
};

const ops: Record<string, Fixture> = {
  'GET /': plain('/'),
  'GET /health': plain('/health'),
  'GET /api/v1/health': plain('/api/v1/health'),
  'GET /livez': plain('/livez'),
  'GET /readyz': plain('/readyz'),
  'GET /metrics': plain('/metrics'),
  'GET /api/v1/openapi.json': plain('/api/v1/openapi.json'),
  'GET /api/v1/docs': plain('/api/v1/docs'),
};

const identity: Record<string, Fixture> = {
  'GET /api/v1/api-keys': plain('/api/v1/api-keys'),
  'POST /api/v1/api-keys': {
    status: 201,
    make: async () => ({ path: '/api/v1/api-keys', body: { name: 'phone' }, ids: [] }),
  },
  'POST /api/v1/api-keys/{id}/rotate': ofKey('/rotate', 200),
  'DELETE /api/v1/api-keys/{id}': ofKey('', 204),
  'POST /api/v1/auth/login': {
    status: 200,
    async make(world, owner) {
      const { key } = await plantKey(world.harness, owner.ownerId);
      return { path: '/api/v1/auth/login', body: { api_key: key }, ids: [] };
    },
  },
  'POST /api/v1/auth/codes': plain('/api/v1/auth/codes', 201),
  'POST /api/v1/auth/logout': plain('/api/v1/auth/logout', 204),
  'GET /api/v1/auth/me': plain('/api/v1/auth/me'),
  'GET /api/v1/account': plain('/api/v1/account'),
  'PUT /api/v1/account': {
    status: 200,
    make: async () => ({ path: '/api/v1/account', body: { credential: 'sk-ant-api03-0123456789abcdef' }, ids: [] }),
  },
  'DELETE /api/v1/account': plain('/api/v1/account'),
  'GET /api/v1/audit': plain('/api/v1/audit'),
};

const sessions: Record<string, Fixture> = {
  'GET /api/v1/sessions': {
    status: 200,
    async make(world, owner) {
      await makeTalk(world, owner);
      return { path: '/api/v1/sessions?page_size=100', ids: [] };
    },
  },
  'POST /api/v1/sessions': {
    status: 201,
    async make(world, owner) {
      const session = await makeTalk(world, owner);
      const message = await lastMessage(world, owner, session);
      const from = { session_id: session, message_id: message };
      return { path: '/api/v1/sessions', body: { title: 'New', tags: ['a'], from }, ids: [session, message] };
    },
  },
  'GET /api/v1/sessions/{id}': inSession('', { make: makeTalk }),
  'PATCH /api/v1/sessions/{id}': inSession('', { body: { title: 'Renamed', pinned: true } }),
  'DELETE /api/v1/sessions/{id}': inSession('', { status: 204, make: makeTalk }),
  'PATCH /api/v1/sessions/{id}/tags': inSession('/tags', { body: { tags: ['x'] } }),
  'POST /api/v1/sessions/{id}/promote': inSession('/promote', {
    body: { project_id: '7f3e2d10-5b1c-4a67-9a53-0a4f0a3a6d11' },
  }),
  'GET /api/v1/sessions/{id}/messages': {
    status: 200,
    async make(world, owner) {
      const session = await makeTalk(world, owner);
      const before = await lastMessage(world, owner, session);
      return { path: `/api/v1/sessions/${session}/messages?before=${before}`, ids: [session, before] };
    },
  },
  'GET /api/v1/sessions/{id}/export': inSession('/export', { make: makeTalk }),
  'GET /api/v1/sessions/{id}/messages/{message_id}/blocks/{index}': ofPicture('/blocks/0'),
  'GET /api/v1/sessions/{id}/messages/{message_id}/images/{index}': ofPicture('/images/0'),
  'POST /api/v1/sessions/{id}/resume': inSession('/resume', { make: makeTalk, body: { prompt: 'more' } }),
  'POST /api/v1/sessions/{id}/fork': inSession('/fork', { make: makeTalk, body: { prompt: 'else' } }),
  'POST /api/v1/sessions/{id}/interrupt': inSession('/interrupt', { make: makeHangingRun }),
  'POST /api/v1/sessions/{id}/answer': inSession('/answer', { make: waitingIn('ask'), body: { answer: 'left' } }),
  'POST /api/v1/sessions/{id}/control': inSession('/control', {
    body: { type: 'permission_mode_change', permission_mode: 'plan' },
  }),
  'GET /api/v1/sessions/{id}/checkpoints': inSession('/checkpoints', {
    make: async (world, owner) => (await makeCheckpoint(world, owner)).session,
  }),
  'POST /api/v1/sessions/{id}/rewind': {
    status: 200,
    async make(world, owner) {
      const { session, checkpoint } = await makeCheckpoint(world, owner);
      const body = { checkpoint_id: checkpoint };
      return { path: `/api/v1/sessions/${session}/rewind`, body, ids: [session, checkpoint] };
    },
  },
};

const talking: Record<string, Fixture> = {
  'POST /api/v1/query': talk('/api/v1/query'),
  'POST /api/v1/query/single': talk('/api/v1/query/single'),
  'POST /api/v1/stream': talk('/api/v1/stream'),
  'GET /api/v1/events': {
    status: 200,
    async make(world, owner) {
      const session = await makeTalk(world, owner);
      return { path: `/api/v1/events?session_id=${session}`, ids: [session] };
    },
  },
};

const approvals: Record<string, Fixture> = {
  'GET /api/v1/approvals': {
    status: 200,
    async make(world, owner) {
      await makeWaitingRun(world, owner);
      return { path: '/api/v1/approvals?status=pending', ids: [] };
    },
  },
  'GET /api/v1/approvals/{id}': ofApproval(),
  'POST /api/v1/approvals/{id}': ofApproval({ decision: 'deny' }),
  'GET /api/v1/tool-rules': {
    status: 200,
    async make(world, owner) {
      await makeRule(world, owner);
      return { path: '/api/v1/tool-rules', ids: [] };
    },
  },
  'DELETE /api/v1/tool-rules/{id}': {
    status: 204,
    async make(world, owner) {
      const rule = await makeRule(world, owner);
      return { path: `/api/v1/tool-rules/${rule}`, ids: [rule] };
    },
  },
};

const withBody = (path: string, body: unknown): Fixture => ({
  status: 200,
  make: async () => ({ path, body, ids: [] }),
});

const persona: Record<string, Fixture> = {
  'GET /api/v1/persona': plain('/api/v1/persona'),
  'PUT /api/v1/persona': withBody('/api/v1/persona', { name: 'Jarvis', verbosity: 'concise' }),
  'GET /api/v1/persona/preview': plain('/api/v1/persona/preview'),
  'POST /api/v1/persona/preview': withBody('/api/v1/persona/preview', { personality: 'curious' }),
  'GET /api/v1/persona/history': plain('/api/v1/persona/history'),
  'POST /api/v1/persona/revert': {
    status: 200,
    async make(world, owner) {
      const version = await makePersona(world, owner);
      return { path: '/api/v1/persona/revert', body: { version }, ids: [] };
    },
  },
};

export const fixtures: Record<string, Fixture> = {
  ...ops,
  ...identity,
  ...sessions,
  ...talking,
  ...approvals,
  ...memories,
  ...persona,
};
