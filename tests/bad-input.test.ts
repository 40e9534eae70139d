/** Requests that are malformed, too large or hostile: each gets its own clear refusal, none a fault of the server. */
import { request } from 'node:http';
import { queryResponseSchema } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness, testKey } from './harness.ts';
import { makeKey } from './support/owners.ts';
import { type Answer, errorOf, send, sendBytes } from './support/requests.ts';
import { rowsOf } from './support/rows.ts';
import { within } from './support/until.ts';

const json = { 'Content-Type': 'application/json' };
const megabyte = 1024 * 1024;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

const post = (path: string, options: { body?: unknown; raw?: string | Uint8Array; headers?: Record<string, string> }) =>
  send(harness.url, { method: 'POST', path, ...options, headers: { 'X-API-Key': testKey, ...options.headers } });

/** A fresh key each time: these requests count towards its limit. */
const ask = async (fields: object, permissions = { shell: true }): Promise<Answer> => {
  const { key } = await makeKey(harness, permissions);
  return post('/api/v1/query', { body: { prompt: 'hello', ...fields }, headers: { 'X-API-Key': key } });
};

const expectRefused = async (answer: Answer, status: number, path?: string): Promise<void> => {
  expect(answer.status, answer.text.slice(0, 300)).toBe(status);
  const error = errorOf(answer);
  if (path !== undefined) expect(JSON.stringify(error.details)).toContain(`"path":"${path}`);
  expect(answer.text.length).toBeLessThan(20_000);
};

/** Sends chunks until the server stops taking them; answers the status and how much it took. */
const pour = (path: string, headers: Record<string, string>, most: number): Promise<{ status: number; sent: number }> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(harness.url);
    const chunk = Buffer.alloc(256 * 1024, 32);
    let status = 0;
    let sent = 0;
    let over = false;
    const outgoing = request({ hostname, port, method: 'POST', path, headers, agent: false });
    const done = (): void => {
      if (over) return;
      over = true;
      outgoing.destroy();
      resolve({ status, sent });
    };
    const write = (): void => {
      if (over || sent >= most) {
        done();
        return;
      }
      sent += chunk.length;
      if (outgoing.write(chunk)) setImmediate(write);
      else outgoing.once('drain', write);
    };
    outgoing.on('response', (response) => {
      status = response.statusCode ?? 0;
      response.resume();
    });
    outgoing.on('error', done);
    outgoing.on('close', done);
    write();
  });

describe('a body that cannot be read', () => {
  it.each(['{', '{"prompt":', 'prompt=hello', '{"prompt":"a"}}', "{'prompt':'a'}", '\u0000', '{"prompt":"a",}'])(
    '%j is no JSON: 400',
    async (raw) => expectRefused(await post('/api/v1/query', { raw, headers: json }), 400),
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', ''])(
    'the content type %j is refused with 415, so that a form on a web page cannot send one',
    async (type) => {
      const headers: Record<string, string> = type === '' ? {} : { 'Content-Type': type };
      await expectRefused(await post('/api/v1/query', { raw: '{"prompt":"a"}', headers }), 415);
      await expectRefused(await post('/api/v1/auth/login', { raw: `{"api_key":"${testKey}"}`, headers }), 415);
    },
  );

  it.each(['gzip', 'br', 'deflate', 'gzip, gzip'])('a %s body is refused with 415: no bombs', async (encoding) =>
    expectRefused(await post('/api/v1/query', { raw: 'x', headers: { ...json, 'Content-Encoding': encoding } }), 415),
  );

  it('a missing body is a wrong field or unreadable, not a fault', async () => {
    for (const headers of [{}, json])
      expect([400, 415, 422]).toContain((await post('/api/v1/query', { headers })).status);
  });
});

describe('a body that is too large or too deep', () => {
  it('1 GB by its own word is refused at once, before a byte of it is sent', async () => {
    const head = `POST /api/v1/query HTTP/1.1\r\nHost: localhost\r\nX-API-Key: ${testKey}\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n`;
    const answer = await within(
      'the refusal',
      2_000,
      sendBytes(harness.url, head, (text) => text.includes('}')),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('an endless body without a length is cut off soon after the limit, and memory stays bounded', async () => {
    const headers = { 'X-API-Key': testKey, ...json };
    const { status, sent } = await pour('/api/v1/sessions', headers, 200 * megabyte);
    expect([0, 413]).toContain(status);
    expect(sent).toBeLessThan(32 * megabyte);
  });

  it('a stranger cannot pour either: without a key only a little is taken, then the line is cut', async () => {
    const { status, sent } = await pour('/api/v1/query', json, 200 * megabyte);
    expect([0, 401]).toContain(status);
    expect(sent).toBeLessThan(32 * megabyte);
  });

  it.each([
    ['/api/v1/query', (deep: string) => `{"prompt":"a","output_format":{"type":"json_schema","schema":{"a":${deep}}}}`],
    ['/api/v1/query', (deep: string) => deep],
    ['/api/v1/sessions', (deep: string) => `{"title":${deep}}`],
    [
      '/api/v1/approvals/7f3e2d10-5b1c-4a67-9a53-0a4f0a3a6d11',
      (deep: string) => `{"decision":"allow","edited_input":{"a":${deep}}}`,
    ],
  ])('100,000 nested arrays in %s are a refusal, not a fault of the server', async (path, wrap) => {
    const before = await rowsOf(harness);
    const raw = wrap('['.repeat(100_000) + ']'.repeat(100_000));
    const answer = await post(path, { raw, headers: json });
    expect([400, 404, 413, 422], answer.text.slice(0, 200)).toContain(answer.status);
    errorOf(answer);
    expect(await rowsOf(harness)).toEqual(before);
  });

  it.each([
    ['at the top', (keys: string) => `{"prompt":"a",${keys}}`],
    ['in env', (keys: string) => `{"prompt":"a","env":{${keys}}}`],
    ['in mcp_servers', (keys: string) => `{"prompt":"a","mcp_servers":{${keys}}}`],
  ])('a million wrong keys %s get a short answer: errors do not grow with the input', async (_where, wrap) => {
    const keys = Array.from({ length: 1_000_000 }, (_, index) => `"${index}":1`).join(',');
    const answer = await within('the answer', 30_000, post('/api/v1/query', { raw: wrap(keys), headers: json }));
    expect([413, 422]).toContain(answer.status);
    await expectRefused(answer, answer.status);
  });

  it('a header of 10,000 characters is survived and echoed nowhere', async () => {
    const long = 'x'.repeat(10_000);
    for (const name of ['X-Correlation-ID', 'Idempotency-Key', 'User-Agent', 'X-Anything']) {
      const headers = { 'X-API-Key': testKey, [name]: long };
      const answer = await send(harness.url, { method: 'GET', path: '/api/v1/auth/me', headers });
      expect(answer.status, name).toBe(200);
      expect(JSON.stringify(answer.headers), name).not.toContain('xxxxx');
    }
  });
});

describe('a prompt', () => {
  it.each([
    ['empty', ''],
    ['of 100,001 characters', 'x'.repeat(100_001)],
    ['with a NUL', 'a\0b'],
    ['that is a number', 1],
    ['that is null', null],
    ['that is a list', ['a']],
  ])('%s is refused by name', async (_name, prompt) => expectRefused(await ask({ prompt }), 422, 'prompt'));

  it('of 100,000 characters is taken', async () => {
    expect((await ask({ prompt: 'x'.repeat(100_000) })).status).toBe(200);
  });

  it.each(['ünï¢ødé 🔥 漢字 \u202e\u0007 👩‍👩‍👧‍👦 ', 'a\u0300', '\ud800 lone surrogate ', '\u2028\u2029\ufeff'])(
    'of more than 64 KB of %j comes back as it was sent',
    async (piece) => {
      const prompt = piece.repeat(Math.ceil(70_000 / Buffer.byteLength(piece))).slice(0, 99_000);
      const answer = await ask({ prompt });
      expect(answer.status).toBe(200);
      const sent = Buffer.from(`You said: ${prompt}`).toString();
      expect(Buffer.from(queryResponseSchema.parse(JSON.parse(answer.text)).content).toString()).toBe(sent);
    },
  );
});

describe('settings of a run', () => {
  it.each<[string, object]>([
    ['session_id', { session_id: 'no-uuid' }],
    ['fork_session', { fork_session: 'yes' }],
    ['allowed_tools', { allowed_tools: 'Read' }],
    ['allowed_tools.0', { allowed_tools: ['NoSuchTool'] }],
    ['disallowed_tools.0', { disallowed_tools: ['rm -rf'] }],
    ['disallowed_tools', { allowed_tools: ['Read'], disallowed_tools: ['Read'] }],
    ['permission_mode', { permission_mode: 'yolo' }],
    ['model', { model: 'a b' }],
    ['max_turns', { max_turns: 0 }],
    ['max_turns', { max_turns: 1001 }],
    ['max_turns', { max_turns: 1.5 }],
    ['max_budget_usd', { max_budget_usd: -1 }],
    ['agents.x.model', { agents: { x: { description: 'a', prompt: 'b', model: 'gpt' } } }],
    ['images.0.media_type', { images: [{ type: 'base64', media_type: 'image/svg+xml', data: 'x' }] }],
    ['hooks', { hooks: { PreToolUse: { url: 'http://127.0.0.1/x' } } }],
    ['output_format', { output_format: { type: 'xml' } }],
    ['client_message_id', { client_message_id: '' }],
    ['memory.limit', { memory: { limit: 0 } }],
  ])('%s: %j is refused by name', async (path, fields) => expectRefused(await ask(fields), 422, path));

  it('a nested Task for an own agent is refused: nesting is bounded', async () =>
    expectRefused(await ask({ agents: { x: { description: 'a', prompt: 'b', tools: ['Task'] } } }), 422, 'agents.x'));

  it.each(['..', '/..', '/tmp/../etc', 'relative/folder', './here', '/tmp/a\0b', '/etc', '/no/such/folder', '/', ''])(
    'the folder %j is refused, in the same words whether it exists or not',
    async (path) => {
      await expectRefused(await ask({ cwd: path }), 422, 'cwd');
      await expectRefused(await ask({ add_dirs: [path] }), 422, 'add_dirs.0');
    },
  );

  it('says the same of a folder that is there and one that is not', async () => {
    expect((await ask({ cwd: '/etc' })).text).toBe((await ask({ cwd: '/no-such-folder' })).text);
  });

  it.each([
    'PATH',
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'DYLD_INSERT_LIBRARIES',
    'NODE_OPTIONS',
    'NODE_EXTRA_CA_CERTS',
    'BASH_ENV',
    'ENV',
    'GIT_SSH_COMMAND',
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'PERL5OPT',
    'ANTHROPIC_BASE_URL',
    'ANTHROPIC_API_KEY',
    'CLAUDE_CONFIG_DIR',
    'HEARTH_ADMIN_KEY',
    'HTTP_PROXY',
    'https_proxy',
    'HOME',
    'IFS',
    'SSH_AUTH_SOCK',
    'JAVA_TOOL_OPTIONS',
  ])('env.%s cannot be set for a run', async (name) =>
    expectRefused(await ask({ env: { [name]: 'x' } }), 422, `env.${name}`),
  );

  it.each<[string, object]>([
    ['bypassPermissions', { permission_mode: 'bypassPermissions' }],
    ['env', { env: { COLOUR: 'red' } }],
    ['a stdio MCP server', { mcp_servers: { x: { type: 'stdio', command: '/bin/true' } } }],
    ['a stdio MCP server without a type', { mcp_servers: { x: { command: '/bin/true' } } }],
    ['plugins', { plugins: [{ path: '/tmp' }] }],
  ])('%s needs "shell", because it is as good as one', async (_name, fields) => {
    const before = await rowsOf(harness);
    const answer = await ask(fields, { shell: false });
    await expectRefused(answer, 403);
    expect(errorOf(answer).details).toEqual({ permission: 'shell' });
    expect((await rowsOf(harness)).sessions).toEqual(before.sessions);
  });

  it.each([
    'http://127.0.0.1/',
    'http://127.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://0177.0.0.1/',
    'http://127.0.0.1./',
    'http://0/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1:8123/',
    'http://169.254.169.254/',
    'http://100.64.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fec0::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b:1::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://printer/',
    'http://nas.local/',
    'http://nas.lan/',
    'http://db.internal/',
    'http://example.com@127.0.0.1/',
    'http://user:pass@example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'http://127。0。0。1/',
    'http://①②⑦.0.0.1/',
  ])('%s is not reachable for API users, in any spelling', async (url) => {
    await expectRefused(await ask({ mcp_servers: { x: { type: 'http', url } } }), 422, 'mcp_servers');
    await expectRefused(await ask({ images: [{ type: 'url', media_type: 'image/png', data: url }] }), 422, 'images.0');
  });

  it('an MCP server with the name of the server itself is refused', async () => {
    const hearth = { type: 'http', url: 'https://example.com/' };
    await expectRefused(await ask({ mcp_servers: { hearth } }), 422, 'mcp_servers');
  });

  it('a name of an object prototype is a wrong field or an ordinary word, and pollutes nothing', async () => {
    for (const raw of [
      '{"prompt":"a","__proto__":{"polluted":true}}',
      '{"prompt":"a","constructor":{"prototype":{"polluted":true}}}',
      '{"prompt":"a","env":{"__proto__":"polluted"}}',
      '{"prompt":"a","mcp_servers":{"__proto__":{"type":"http","url":"http://127.0.0.1/"}}}',
      '{"prompt":"a","agents":{"__proto__":{"description":"a","prompt":"b"}}}',
      '{"prompt":"a","output_format":{"type":"json_schema","schema":{"__proto__":{"polluted":true}}}}',
      '{"prompt":"a","allowed_tools":["__proto__"]}',
      '{"prompt":"a","allowed_tools":["constructor","toString"]}',
    ]) {
      const answer = await post('/api/v1/query', { raw, headers: json });
      expect([200, 422], raw).toContain(answer.status);
      if (raw.includes('allowed_tools')) expect(answer.status, raw).toBe(422);
    }
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});
