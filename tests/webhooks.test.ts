/** Webhooks of a run against a real server on loopback that the operator named, with a scripted model. */
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Harness, startHarness } from './harness.ts';
import { until } from './processes.ts';

interface Told {
  event: string;
  tool_name?: string;
}

let told: Told[] = [];
let answer: unknown = { decision: 'allow' };
let toolsRun: () => { tool: string; input: object }[];
let harness: Harness;
let url: string;
const hookServer = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body: Told = JSON.parse(text);
  told.push(body);
  response.end(JSON.stringify(body.event === 'PreToolUse' ? answer : {}));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => hookServer.listen(0, '127.0.0.1', resolve));
  const address = hookServer.address();
  const target = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  url = `http://${target}/hook`;
  const started = await startHarness({
    env: { HEARTH_WEBHOOK_TARGETS: target },
    script: () => [{ use: 'Bash', input: { command: 'make tea' } }, { say: 'done' }],
  });
  toolsRun = () => started.provider?.log.toolsRun ?? [];
  harness = started;
});
beforeEach(() => {
  told = [];
});
afterAll(async () => {
  await harness.close();
  hookServer.close();
});

const ask = async (events: string[]) => {
  const before = toolsRun().length;
  const hooks = Object.fromEntries(events.map((event) => [event, { url, timeout: 5 }]));
  const answered = await harness.json('/api/v1/query', {
    prompt: 'Tea, please.',
    permission_mode: 'bypassPermissions',
    hooks,
  });
  expect(answered.status, JSON.stringify(answered.body)).toBe(200);
  return toolsRun().slice(before);
};

describe('the webhook before a tool', () => {
  it('that says no stops the tool, whatever the mode', async () => {
    answer = { decision: 'deny', reason: 'no tea after six' };
    expect(await ask(['PreToolUse'])).toEqual([]);
    const { entries } = await harness.server.app.audit.list(harness.server.app.ownerId, { page: 1, page_size: 5 });
    expect(entries[0]).toMatchObject({ action: 'tool.denied', code: 'WEBHOOK' });
  });

  it('that says yes lets it run, with the arguments it changed', async () => {
    answer = { decision: 'allow' };
    expect(await ask(['PreToolUse'])).toEqual([{ tool: 'Bash', input: { command: 'make tea' } }]);
    answer = { decision: 'allow', modified_input: { command: 'make cocoa' } };
    expect(await ask(['PreToolUse'])).toEqual([{ tool: 'Bash', input: { command: 'make cocoa' } }]);
  });

  it('cannot change a call into a forbidden one', async () => {
    answer = { decision: 'allow', modified_input: { command: 'ls', dangerouslyDisableSandbox: true } };
    expect(await ask(['PreToolUse'])).toEqual([]);
  });
});

describe('the other webhooks', () => {
  it('are told what happens, and the run does not wait for them', async () => {
    answer = { decision: 'allow' };
    await ask(['UserPromptSubmit', 'PostToolUse', 'Stop']);
    await until(async () => told.some(({ event }) => event === 'Stop'));
    expect(told.map(({ event }) => event).sort()).toEqual(['PostToolUse', 'Stop', 'UserPromptSubmit']);
  });

  it('are refused before anything is done when they point into the private network', async () => {
    const hooks = { Stop: { url: 'http://10.0.0.1/x' } };
    const { status, body } = await harness.json('/api/v1/query', { prompt: 'x', hooks });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain('hooks.Stop.url');
  });
});
