/** Runs that wait longer than their process: parked, decided later, over a restart, each step exactly once. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageListSchema } from '@hearth/contract';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { makeKey } from './support/owners.ts';
import { runIs, startTalks, type Talks } from './support/talks.ts';
import { until } from './support/until.ts';

const env = { HEARTH_PARK_SECONDS: '1' };
const command = 'make coffee';

let home: string;
let talks: Talks;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'hearth-parked-'));
  talks = await startTalks({ env, home });
});
afterEach(async () => {
  await talks.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
});

const restart = async (): Promise<void> => {
  await talks.close();
  talks = await startTalks({ env, home });
};
const toolsRun = (): number => talks.provider.log.toolsRun.length;

/** A run that waits for the command; its stream is left alone. */
const ask = async (prompt = `run ${command}`): Promise<{ session: string; id: string }> => {
  const session = await talks.newSession();
  const stream = await talks.stream(prompt, { session });
  const { id } = await talks.pending(session);
  stream.leave();
  return { session, id };
};
const parked = async (prompt?: string): Promise<{ session: string; id: string }> => {
  const asked = await ask(prompt);
  await runIs(talks, asked.session, 'parked');
  return asked;
};
const textsIn = async (session: string): Promise<string> => {
  const { body } = await talks.json(`/api/v1/sessions/${session}/messages`);
  return JSON.stringify(messageListSchema.parse(body).messages.map(({ content }) => content));
};

describe('a parked run', () => {
  it('shows as waiting, and goes on once it is allowed: the step happens exactly once', async () => {
    const { session, id } = await parked();
    expect((await talks.json(`/api/v1/sessions/${session}`)).body).toMatchObject({ activity: 'waiting' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => talks.decide(id, { decision: 'allow' })));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    await runIs(talks, session, 'completed');
    expect(talks.provider.log.toolsRun).toEqual([{ tool: 'Bash', input: { command } }]);
    expect(await textsIn(session)).toContain('Continued.');
  });

  it('answers a plain /query with "waiting" and the approval, instead of keeping the caller', async () => {
    const { status, body } = await talks.json('/api/v1/query/single', { prompt: `run ${command}` });
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'waiting', approval_id: expect.any(String) });
  });

  it('finds its own question also where the owner has hundreds of newer ones open', async () => {
    const { id } = await parked();
    const db = talks.server.app.db.kysely;
    const one = await db.selectFrom('approvals').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    const others = Array.from({ length: 250 }, () => ({
      ...one,
      id: crypto.randomUUID(),
      session_id: crypto.randomUUID(),
      run_id: crypto.randomUUID(),
      created_at: '2999-01-01T00:00:00.000Z',
    }));
    await db.insertInto('approvals').values(others).execute();
    const { status, body } = await talks.json('/api/v1/query/single', { prompt: `run ${command}` });
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'waiting', approval_id: expect.any(String) });
  });

  it('is one run to its reader: the same stream shows the parking, the decision and the end', async () => {
    const session = await talks.newSession();
    const stream = await talks.stream(`run ${command}`, { session });
    const { id } = await talks.pending(session);
    await stream.next('status', (data) => data.status === 'parked');
    await talks.decide(id, { decision: 'allow' });
    const events = await stream.end();
    expect(events.filter(({ type }) => type === 'done').length).toBe(1);
    expect(new Set(events.map(({ data }) => JSON.stringify(Reflect.get(Object(data), 'run_id')))).size).toBe(1);
  });

  it('goes on after "deny" too, without the step', async () => {
    const { session, id } = await parked();
    await talks.decide(id, { decision: 'deny' });
    await runIs(talks, session, 'completed');
    expect(toolsRun()).toBe(0);
    expect(await textsIn(session)).toContain('The owner said no');
  });

  it('goes on when its time is over, without the step', async () => {
    const { session, id } = await parked();
    const expires_at = new Date(Date.now() - 1000).toISOString();
    await talks.server.app.db.kysely.updateTable('approvals').set({ expires_at }).where('id', '=', id).execute();
    await talks.server.app.approvals.expireDue();
    await runIs(talks, session, 'completed');
    expect(toolsRun()).toBe(0);
    expect(await textsIn(session)).toContain('Nobody answered in time');
  });

  it('gets the answer of a question', async () => {
    const { session } = await parked('ask');
    expect((await talks.post(`/api/v1/sessions/${session}/answer`, { answer: 'right' })).status).toBe(200);
    await runIs(talks, session, 'completed');
    expect(talks.provider.log.toolsRun[0]?.input).toMatchObject({ answers: { 'Left or right?': 'right' } });
  });

  it('gives way to a new message: the open step is off, then the message is answered', async () => {
    const { session, id } = await parked();
    const { status, body } = await talks.json('/api/v1/query/single', { prompt: 'never mind', session_id: session });
    expect(status).toBe(200);
    expect(body).toMatchObject({ content: expect.stringContaining('You said: never mind') });
    expect((await talks.json(`/api/v1/approvals/${id}`)).body).toMatchObject({ status: 'cancelled' });
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(409);
    expect(toolsRun()).toBe(0);
  });

  it('can be interrupted', async () => {
    const { session, id } = await parked();
    expect((await talks.post(`/api/v1/sessions/${session}/interrupt`)).status).toBe(200);
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(409);
    await until('the end', async () => {
      const { body } = await talks.json(`/api/v1/sessions/${session}`);
      return Reflect.get(Object(body), 'activity') === 'idle';
    });
    expect(toolsRun()).toBe(0);
  });

  it('says at its end what was recalled for its message, also after a restart', async () => {
    await talks.close();
    talks = await startTalks({ env: { ...env, HEARTH_MEMORY: 'on' }, home });
    const made = await talks.post('/api/v1/memories', { messages: 'The coffee is on the top shelf.', infer: false });
    const used = [Object(made.body).memories[0].id];
    const { session, id } = await parked();
    await restart();
    await talks.decide(id, { decision: 'allow' });
    await runIs(talks, session, 'completed');
    const { body } = await talks.json(`/api/v1/sessions/${session}/messages`);
    expect(messageListSchema.parse(body).runs).toMatchObject([{ memories_used: used }]);
  });

  it('does nothing with the power of a key that was revoked meanwhile', async () => {
    const { key, keyId } = await makeKey(talks);
    const session = await talks.newSession();
    const stream = await talks.stream(`run ${command}`, { session, key });
    const { id } = await talks.pending(session);
    stream.leave();
    await runIs(talks, session, 'parked');
    await talks.fetch(`/api/v1/api-keys/${keyId}`, { method: 'DELETE' });
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(200);
    await runIs(talks, session, 'completed');
    expect(toolsRun()).toBe(0);
    expect(await textsIn(session)).toContain('no longer valid');
  });
});

describe('a restart', () => {
  it('keeps the question of a parked run, and the step happens once, after the decision', async () => {
    const { session, id } = await parked();
    await restart();
    expect((await talks.json(`/api/v1/approvals/${id}`)).body).toMatchObject({ status: 'pending' });
    const answers = await Promise.all(Array.from({ length: 3 }, () => talks.decide(id, { decision: 'allow' })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await runIs(talks, session, 'completed');
    expect(talks.provider.log.toolsRun).toEqual([{ tool: 'Bash', input: { command } }]);
    await restart();
    expect(await textsIn(session)).toContain('Continued.');
    expect(toolsRun()).toBe(0);
  });

  it('of a server whose run waits keeps the question, answerable', async () => {
    const { session, id } = await ask();
    await restart();
    expect((await talks.json(`/api/v1/sessions/${session}`)).body).toMatchObject({ activity: 'waiting' });
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(200);
    await runIs(talks, session, 'completed');
    expect(toolsRun()).toBe(1);
  });

  it('after a crash keeps the question too: the copied disk of a server that never said goodbye', async () => {
    const { session, id } = await ask();
    const copy = mkdtempSync(join(tmpdir(), 'hearth-crashed-'));
    cpSync(home, copy, { recursive: true });
    const risen = await startTalks({ env, home: copy });
    onTestFinished(async () => {
      await risen.close();
      rmSync(copy, { recursive: true, force: true, maxRetries: 3 });
    });
    expect((await risen.decide(id, { decision: 'allow' })).status).toBe(200);
    await runIs(risen, session, 'completed');
    expect(risen.provider.log.toolsRun).toEqual([{ tool: 'Bash', input: { command } }]);
  });
});
