/** Approvals and questions while the run waits for them: who decides, once, about exactly what (section 6 of the design). */
import { approvalSchema, messageListSchema, toolRuleListSchema } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { field, text } from './support/events.ts';
import { makeKey } from './support/owners.ts';
import { runIs, startTalks, type Talks } from './support/talks.ts';

let talks: Talks;
beforeAll(async () => {
  talks = await startTalks();
});
afterAll(() => talks.close());

let commands = 0;
/** A command nobody has asked for before, so that no rule of another test covers it. */
const newCommand = (): string => {
  commands += 1;
  return `make step-${commands}`;
};
const toolsRun = (command: string): number =>
  talks.provider.log.toolsRun.filter(({ input }) => input.command === command).length;

/** A run that waits for a person to allow the command. */
const waiting = async (prompt: string, fields: object = {}) => {
  const { key } = await makeKey(talks);
  const stream = await talks.stream(prompt, { key, fields });
  const asked = await stream.next('approval');
  return { stream, id: text(asked.data, 'approval_id'), session: text(asked.data, 'session_id'), asked };
};
const toolResult = (events: { type: string; data: unknown }[]): string =>
  JSON.stringify(events.filter(({ type, data }) => type === 'message' && field(data, 'type') === 'user'));

describe('a decision', () => {
  it('"allow" runs exactly what was asked for, once', async () => {
    const command = newCommand();
    const { stream, id, asked } = await waiting(`run ${command}`);
    expect(asked.data).toMatchObject({ tool: 'Bash', input: { command }, risk: 'medium' });
    expect(toolsRun(command)).toBe(0);
    const { status, body } = await talks.decide(id, { decision: 'allow' });
    expect(status).toBe(200);
    expect(approvalSchema.parse(body)).toMatchObject({ status: 'allowed', decided_by: expect.any(String) });
    const events = await stream.end();
    expect(events.find(({ type }) => type === 'approval_settled')?.data).toMatchObject({ status: 'allowed' });
    expect(events.at(-1)?.data).toMatchObject({ reason: 'completed' });
    expect(toolsRun(command)).toBe(1);
  });

  it('"deny" runs nothing, tells the model why, and the run goes on', async () => {
    const command = newCommand();
    const { stream, id } = await waiting(`run ${command}`);
    expect((await talks.decide(id, { decision: 'deny' })).status).toBe(200);
    const events = await stream.end();
    expect(toolResult(events)).toContain('The owner said no');
    expect(events.at(-1)?.data).toMatchObject({ reason: 'completed' });
    expect(toolsRun(command)).toBe(0);
  });

  it('is said with the messages of its session for good; an open question is not', async () => {
    const { stream, session, id } = await waiting(`run ${newCommand()}`);
    const decisions = async () =>
      messageListSchema.parse((await talks.json(`/api/v1/sessions/${session}/messages`)).body).decisions;
    expect(await decisions()).toEqual([]);
    const decided = approvalSchema.parse((await talks.decide(id, { decision: 'allow' })).body);
    await stream.end();
    const { tool_use_id, status, decided_at, decided_by } = decided;
    expect(await decisions()).toEqual([{ tool_use_id, status, decided_at, decided_by }]);
    expect({ status, decided_by }).toEqual({ status: 'allowed', decided_by: expect.any(String) });
  });

  it('is said with the copies of its messages too, and stands in the list once', async () => {
    const { stream, session, id } = await waiting(`run ${newCommand()}`);
    await talks.decide(id, { decision: 'allow' });
    await stream.end();
    const pageOf = async (one: string) =>
      messageListSchema.parse((await talks.json(`/api/v1/sessions/${one}/messages`)).body);
    const branch = Object((await talks.post('/api/v1/sessions', { from: { session_id: session } })).body).id;
    const fork = await (await talks.stream('go on', { fields: { session_id: session, fork_session: true } })).end();
    const { decisions } = await pageOf(session);
    expect(decisions).toHaveLength(1);
    expect((await pageOf(branch)).decisions).toEqual(decisions);
    expect((await pageOf(text(fork[0]?.data, 'session_id'))).decisions).toEqual(decisions);
    const listed = Object((await talks.json('/api/v1/approvals')).body).approvals;
    expect(listed.filter((one: { session_id: string }) => one.session_id !== session)).not.toContainEqual(
      expect.objectContaining({ tool_use_id: decisions[0]?.tool_use_id }),
    );
  });

  it('the first one wins: the same again is 200, another is a conflict that says what was decided', async () => {
    const { stream, id } = await waiting(`run ${newCommand()}`);
    const first = await talks.decide(id, { decision: 'deny' });
    expect(await talks.decide(id, { decision: 'deny' })).toEqual(first);
    for (const decision of ['allow', 'allow_always']) {
      const { status, body } = await talks.decide(id, { decision });
      expect(status).toBe(409);
      expect(body).toMatchObject({ error: { code: 'CONFLICT', details: { status: 'denied' } } });
    }
    await stream.end();
  });

  it('"always" after "allow" is another decision: it must not look as if a rule had been made', async () => {
    const { stream, id } = await waiting(`run ${newCommand()}`);
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(200);
    expect((await talks.decide(id, { decision: 'allow_always' })).status).toBe(409);
    expect((await talks.decide(id, { decision: 'allow', edited_input: { command: 'other' } })).status).toBe(409);
    await stream.end();
  });

  it('of ten at the same time one kind wins, and the step happens at most once', async () => {
    const command = newCommand();
    const { stream, id } = await waiting(`run ${command}`);
    const wishes = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'allow' : 'deny'));
    const answers = await Promise.all(wishes.map((decision) => talks.decide(id, { decision })));
    const winners = wishes.filter((_wish, index) => answers[index]?.status === 200);
    expect(new Set(winners).size).toBe(1);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    await stream.end();
    expect(toolsRun(command)).toBe(winners[0] === 'allow' ? 1 : 0);
  });

  it.each([{}, { decision: 'yes' }, { decision: 'deny', edited_input: {} }, { decision: 'allow', edited_input: 'x' }])(
    '%j is refused and leaves the question open',
    async (decision) => {
      const { stream, id } = await waiting(`run ${newCommand()}`);
      expect((await talks.decide(id, decision)).status).toBe(422);
      expect((await talks.json(`/api/v1/approvals/${id}`)).body).toMatchObject({ status: 'pending' });
      await talks.decide(id, { decision: 'deny' });
      await stream.end();
    },
  );
});

describe('a key without "shell"', () => {
  it('cannot allow a command, may deny it, and the question stays open meanwhile', async () => {
    const weak = await makeKey(talks, {});
    const command = newCommand();
    const { stream, id } = await waiting(`run ${command}`);
    for (const decision of ['allow', 'allow_always']) {
      const { status, body } = await talks.decide(id, { decision }, weak.key);
      expect(status).toBe(403);
      expect(body).toMatchObject({ error: { details: { permission: 'shell' } } });
    }
    expect((await talks.json(`/api/v1/approvals/${id}`)).body).toMatchObject({ status: 'pending' });
    expect((await talks.decide(id, { decision: 'deny' }, weak.key)).status).toBe(200);
    await stream.end();
    expect(toolsRun(command)).toBe(0);
  });

  it('starts runs in which a command is refused without asking, with a row in the audit trail', async () => {
    const weak = await makeKey(talks, {});
    const command = newCommand();
    const stream = await talks.stream(`run ${command}`, { key: weak.key });
    const events = await stream.end();
    expect(events.some(({ type }) => type === 'approval')).toBe(false);
    expect(toolResult(events)).toContain('lacks the permission');
    expect(toolsRun(command)).toBe(0);
    const session = text(events[0]?.data, 'session_id');
    const { body } = await talks.json(`/api/v1/audit?session_id=${session}`);
    expect(body).toMatchObject({ entries: [{ action: 'tool.denied', code: 'PERMISSION', target: 'Bash' }] });
  });
});

describe('"always allow"', () => {
  it('makes a rule for exactly this command, which holds until it is revoked', async () => {
    const command = newCommand();
    const first = await waiting(`run ${command}`);
    expect((await talks.decide(first.id, { decision: 'allow_always' })).status).toBe(200);
    await first.stream.end();

    const again = await (await talks.stream(`run ${command}`)).end();
    expect(again.some(({ type }) => type === 'approval')).toBe(false);
    expect(toolsRun(command)).toBe(2);

    for (const other of [`${command} --force`, `${command} && reboot`, ` ${command}`, command.toUpperCase()]) {
      const { stream, id } = await waiting(`run ${other}`);
      await talks.decide(id, { decision: 'deny' });
      await stream.end();
      expect(toolsRun(other), other).toBe(0);
    }

    const { rules } = toolRuleListSchema.parse((await talks.json('/api/v1/tool-rules')).body);
    const rule = rules.find(({ input }) => input.command === command);
    expect(rule).toMatchObject({ tool: 'Bash', input: { command } });
    expect(rule?.last_used_at).not.toBeNull();
    const path = `/api/v1/tool-rules/${rule?.id}`;
    expect((await talks.fetch(path, { method: 'DELETE' })).status).toBe(204);
    expect((await talks.fetch(path, { method: 'DELETE' })).status).toBe(404);

    const { stream, id } = await waiting(`run ${command}`);
    await talks.decide(id, { decision: 'deny' });
    await stream.end();
    expect(toolsRun(command)).toBe(2);
  });

  it('is no way around a missing permission', async () => {
    const command = newCommand();
    const { stream, id } = await waiting(`run ${command}`);
    await talks.decide(id, { decision: 'allow_always' });
    await stream.end();
    const weak = await makeKey(talks, {});
    await (await talks.stream(`run ${command}`, { key: weak.key })).end();
    expect(toolsRun(command)).toBe(1);
  });
});

describe('edited input', () => {
  it('runs in place of what the model asked for', async () => {
    const [asked, edited] = [newCommand(), newCommand()];
    const { stream, id } = await waiting(`run ${asked}`);
    const { body } = await talks.decide(id, { decision: 'allow', edited_input: { command: edited } });
    expect(body).toMatchObject({ input: { command: asked }, edited_input: { command: edited } });
    await stream.end();
    expect([toolsRun(asked), toolsRun(edited)]).toEqual([0, 1]);
  });

  it.each([
    ['a protected place', { file_path: '/etc/cron.d/x', content: 'x' }],
    ['the settings of a project', { file_path: '.claude/settings.json', content: '{}' }],
  ])('that reaches %s is refused: a person cannot lift a rule either', async (_name, edited_input) => {
    const before = talks.provider.log.toolsRun.length;
    const { stream, id } = await waiting('write notes.txt');
    await talks.decide(id, { decision: 'allow', edited_input });
    const events = await stream.end();
    expect(toolResult(events)).toContain('read-only for every run');
    expect(talks.provider.log.toolsRun.length).toBe(before);
  });
});

describe('time', () => {
  const expire = (id: string) =>
    talks.server.app.db.kysely
      .updateTable('approvals')
      .set({ expires_at: new Date(Date.now() - 1000).toISOString() })
      .where('id', '=', id)
      .execute();

  it('an approval nobody answers is denied, and a later yes is a conflict', async () => {
    const command = newCommand();
    const { stream, id } = await waiting(`run ${command}`);
    await expire(id);
    await talks.server.app.approvals.expireDue();
    const events = await stream.end();
    expect(events.find(({ type }) => type === 'approval_settled')?.data).toMatchObject({ status: 'expired' });
    expect(toolResult(events)).toContain('Nobody answered in time');
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(409);
    expect(toolsRun(command)).toBe(0);
  });

  it('a yes after the time is too late, also before anybody has tidied up', async () => {
    const command = newCommand();
    const { stream, id } = await waiting(`run ${command}`);
    await expire(id);
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(409);
    await talks.server.app.approvals.expireDue();
    await stream.end();
    expect(toolsRun(command)).toBe(0);
  });
});

describe('a question', () => {
  it('is answered once, and the answer reaches the tool', async () => {
    const stream = await talks.stream('ask');
    const asked = await stream.next('question');
    expect(asked.data).toMatchObject({ question: 'Left or right?', options: [{ label: 'left' }, { label: 'right' }] });
    const session = text(asked.data, 'session_id');
    expect((await talks.decide(text(asked.data, 'approval_id'), { decision: 'allow' })).status).toBe(409);
    const path = `/api/v1/sessions/${session}/answer`;
    expect((await talks.post(path, { answer: 'left' })).status).toBe(200);
    await stream.end();
    expect((await talks.post(path, { answer: 'right' })).status).toBe(409);
    const call = talks.provider.log.toolsRun.findLast(({ tool }) => tool === 'AskUserQuestion');
    expect(call?.input).toMatchObject({ answers: { 'Left or right?': 'left' } });
  });

  it('of five answers at the same time exactly one counts', async () => {
    const stream = await talks.stream('ask');
    const session = text((await stream.next('question')).data, 'session_id');
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, index) =>
        talks.post(`/api/v1/sessions/${session}/answer`, { answer: `answer ${index}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200).length).toBe(1);
    expect(answers.filter(({ status }) => status === 409).length).toBe(4);
    await stream.end();
  });

  it('that nobody asked is not answered', async () => {
    const session = await talks.newSession();
    expect((await talks.post(`/api/v1/sessions/${session}/answer`, { answer: 'left' })).status).toBe(409);
  });
});

describe('stopping', () => {
  it('an interrupted run takes its question with it', async () => {
    const command = newCommand();
    const { stream, id, session } = await waiting(`run ${command}`);
    expect((await talks.post(`/api/v1/sessions/${session}/interrupt`)).status).toBe(200);
    expect((await stream.end()).at(-1)?.data).toMatchObject({ reason: 'interrupted' });
    await runIs(talks, session, 'interrupted');
    expect((await talks.json(`/api/v1/approvals/${id}`)).body).not.toMatchObject({ status: 'pending' });
    expect((await talks.decide(id, { decision: 'allow' })).status).toBe(409);
    expect(toolsRun(command)).toBe(0);
  });
});
