/** What a person does, with the real `claude` binary: talk, look at pictures, plan, change files, fork, undo, stop. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type StandIn, text, thinking, toolUse } from '@hearth/stand-in';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness, startModel } from './harness.ts';
import { until } from './processes.ts';

let standIn: StandIn;
let harness: Harness;
let workspace: string;
beforeAll(async () => {
  standIn = await startModel();
  harness = await startHarness({ standIn });
  workspace = join(harness.home, 'data', 'workspace');
});
afterEach(() => standIn.reset());
afterAll(async () => {
  await harness.close();
  await standIn.close();
});

const ask = (prompt: string, more: Record<string, unknown> = {}) => harness.json('/api/v1/query', { prompt, ...more });
const bodyOf = async (prompt: string, more: Record<string, unknown> = {}): Promise<Record<string, unknown>> => {
  const { status, body } = await ask(prompt, more);
  expect(status, JSON.stringify(body)).toBe(200);
  return Object(body);
};
const sessionOf = (answer: Record<string, unknown>): string => String(answer.session_id);

/** A 1x1 PNG. */
const pixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('an answer', () => {
  it('is not marked as demo when an account answers, and names the model', async () => {
    const answer = await bodyOf('hello');
    expect(answer).toMatchObject({ demo: false, is_error: false, stop_reason: 'completed' });
    expect(String(answer.model)).toMatch(/^claude-/);
    expect(Number(answer.total_cost_usd)).toBeGreaterThan(0);
  });

  it('sees the picture that came with the question, and the picture is in the history', async () => {
    const answer = await bodyOf('What is in this picture?', {
      images: [{ type: 'base64', media_type: 'image/png', data: pixel }],
    });
    expect(String(answer.content)).toMatch(/1 ?[x×] ?1/);
    const { messages } = await harness.client.sessions.messages(sessionOf(answer));
    expect(messages[0]?.content.map((block) => block.type)).toEqual(['image', 'text']);
  });

  it('carries thinking apart from the text', async () => {
    standIn.script([[thinking('Let me see.'), text('Forty-two.')]]);
    const answer = await bodyOf('Think hard.');
    expect(answer.content).toBe('Forty-two.');
    const { messages } = await harness.client.sessions.messages(sessionOf(answer));
    expect(messages.flatMap((message) => message.content.map((block) => block.type))).toContain('thinking');
  });

  it('is JSON of the wanted shape when a schema is given', async () => {
    standIn.script([toolUse('StructuredOutput', { city: 'Lisbon' }), text('done')]);
    const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const answer = await bodyOf('Where?', { output_format: { type: 'json_schema', schema } });
    expect(answer.structured_output).toEqual({ city: 'Lisbon' });
  });

  it('names the session after the first words', async () => {
    const answer = await bodyOf('Plan the garden for spring, with tomatoes');
    expect((await harness.client.sessions.get(sessionOf(answer))).title).toBe(
      'Plan the garden for spring, with tomatoes',
    );
  });
});

describe('a conversation', () => {
  it('is remembered in another folder and by another model', async () => {
    const id = sessionOf(await bodyOf('My code word is marmalade.'));
    mkdirSync(join(workspace, 'elsewhere'));
    await harness.client.sessions.update(id, { cwd: join(workspace, 'elsewhere'), model: 'haiku' });
    const answer = await bodyOf('What is my code word?', { session_id: id });
    expect(String(answer.content)).toContain('marmalade');
    expect(String(answer.model)).toContain('haiku');
    await harness.client.sessions.update(id, { cwd: null, model: null });
    expect(String((await bodyOf('What is my code word?', { session_id: id })).content)).toContain('marmalade');
  });

  it('goes on in its session, and in a fork that leaves the original alone', async () => {
    const first = await bodyOf('My code word is marmalade.');
    const id = sessionOf(first);
    expect(String((await bodyOf('What is my code word?', { session_id: id })).content)).toContain('marmalade');
    const fork = await bodyOf('My name is Ada. What is my code word?', { session_id: id, fork_session: true });
    expect(fork.session_id).not.toBe(id);
    expect((await harness.client.sessions.get(sessionOf(fork))).parent_session_id).toBe(id);
    expect(String((await bodyOf('What is my code word?', { session_id: fork.session_id })).content)).toContain(
      'marmalade',
    );
    expect(String((await bodyOf('What is my name?', { session_id: id })).content)).not.toContain('Ada');
    const original = await harness.client.sessions.messages(id);
    expect(JSON.stringify(original.messages)).not.toContain('My name is Ada');
  });

  it('continues the last one when asked to', async () => {
    const first = await bodyOf('My code word is turnip.');
    const next = await bodyOf('What is my code word?', { continue_conversation: true });
    expect(next.session_id).toBe(first.session_id);
  });
});

describe('files', () => {
  it('changed in a chat come back with a rewind, and the rewind can be undone', async () => {
    const path = join(workspace, 'notes.txt');
    const fresh = join(workspace, 'fresh.txt');
    writeFileSync(path, 'before\n');
    standIn.script([
      toolUse('Read', { file_path: path }),
      toolUse('Write', { file_path: path, content: 'after\n' }),
      toolUse('Write', { file_path: fresh, content: 'new\n' }),
      text('changed'),
    ]);
    const answer = await bodyOf('Change my notes.', { permission_mode: 'acceptEdits' });
    expect([readFileSync(path, 'utf8'), existsSync(fresh)]).toEqual(['after\n', true]);
    const base = `/api/v1/sessions/${sessionOf(answer)}`;
    const { body } = await harness.json(`${base}/checkpoints`);
    const [checkpoint] = Object(body).checkpoints;
    expect(checkpoint).toMatchObject({ label: 'Change my notes.', files: [fresh, path].sort() });

    const rewound = await harness.json(`${base}/rewind`, { checkpoint_id: checkpoint.id });
    expect(rewound.body).toMatchObject({ restored: [path], deleted: [fresh], failed: [] });
    expect([readFileSync(path, 'utf8'), existsSync(fresh)]).toEqual(['before\n', false]);
    await harness.json(`${base}/rewind`, { checkpoint_id: Object(rewound.body).undo_checkpoint_id });
    expect([readFileSync(path, 'utf8'), existsSync(fresh)]).toEqual(['after\n', true]);
  });
});

describe('a run at work', () => {
  it('asks a question and goes on with the answer', async () => {
    const question = {
      question: 'Which room?',
      header: 'Room',
      multiSelect: false,
      options: [
        { label: 'Kitchen', description: 'downstairs' },
        { label: 'Attic', description: 'upstairs' },
      ],
    };
    standIn.script([toolUse('AskUserQuestion', { questions: [question] })]);
    const events: string[] = [];
    let last = '';
    for await (const event of harness.client.stream({ prompt: 'Turn on the light.' })) {
      events.push(event.type);
      if (event.type === 'question') {
        expect(event.data).toMatchObject({
          question: 'Which room?',
          options: [{ label: 'Kitchen' }, { label: 'Attic' }],
        });
        await harness.client.sessions.answer(event.data.session_id, { answer: 'Attic' });
      }
      if (event.type === 'result') last = event.data.content;
    }
    expect(events).toContain('approval_settled');
    expect(last).toContain('Attic');
  });

  it('lists its todos, shows a subagent at work, and counts one answer', async () => {
    standIn.script([
      toolUse('TodoWrite', { todos: [{ content: 'Look', status: 'in_progress', activeForm: 'Looking' }] }),
      toolUse('Agent', { description: 'Look around', prompt: 'look', subagent_type: 'general-purpose' }),
      text('I looked.'),
      text('All done.'),
    ]);
    const seen = new Map<string, number>();
    const bySubagent: string[] = [];
    let answer = '';
    for await (const event of harness.client.stream({ prompt: 'Go.' })) {
      seen.set(event.type, (seen.get(event.type) ?? 0) + 1);
      if (event.type === 'message' && event.data.parent_tool_use_id !== null)
        bySubagent.push(JSON.stringify(event.data.content));
      if (event.type === 'result') answer = event.data.content;
    }
    // The model did not ask for it, and still the run waits for its subagent and shows what it said.
    expect(bySubagent.some((content) => content.includes('I looked.'))).toBe(true);
    expect(answer).toBe('All done.');
    expect(seen.get('todo')).toBe(1);
    expect(seen.get('result')).toBe(1);
    expect(seen.get('done')).toBe(1);
    expect(seen.get('status')).toBeGreaterThan(0);
  });

  it('stops when told to, and the next message is answered', async () => {
    standIn.script([fail.silent()]);
    const stream = harness.client.stream({ prompt: 'Take for ever.' });
    let reason = '';
    for await (const event of stream) {
      if (event.type === 'init') void harness.client.sessions.interrupt(event.data.session_id);
      if (event.type === 'done') reason = event.data.reason;
    }
    expect(reason).toBe('interrupted');
    standIn.reset();
    expect((await bodyOf('Are you there?', { continue_conversation: true })).is_error).toBe(false);
  });

  it('stops at its budget and at its turns', async () => {
    standIn.script([toolUse('Read', { file_path: join(workspace, 'none.txt') }), text('over')]);
    const turns = await bodyOf('Look.', { max_turns: 1 });
    expect(turns.stop_reason).toBe('max_turns_reached');
    standIn.reset();
    standIn.script([toolUse('Read', { file_path: join(workspace, 'none.txt') }), text('over')]);
    const budget = await bodyOf('Look.', { max_budget_usd: 0.000001 });
    expect(budget.stop_reason).toBe('budget');
  });

  it('changes its permission mode on the way', async () => {
    const path = join(workspace, 'mode.txt');
    standIn.script([
      toolUse('AskUserQuestion', {
        questions: [
          {
            question: 'Ready?',
            header: 'R',
            multiSelect: false,
            options: [
              { label: 'Yes', description: '' },
              { label: 'No', description: '' },
            ],
          },
        ],
      }),
      toolUse('Write', { file_path: path, content: 'x' }),
      text('written'),
    ]);
    for await (const event of harness.client.stream({ prompt: 'Write when I am ready.' })) {
      if (event.type !== 'question') continue;
      await harness.client.sessions.control(event.data.session_id, {
        type: 'permission_mode_change',
        permission_mode: 'acceptEdits',
      });
      await harness.client.sessions.answer(event.data.session_id, { answer: 'Yes' });
    }
    await until(async () => existsSync(path));
  });
});
