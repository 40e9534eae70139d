/** What the model is sent after a conversation was branched or went back: with the real `claude` binary, read from the model's own log. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Message, type Session, sessionSchema } from '@hearth/contract';
import { fail, type StandIn, text, toolUse } from '@hearth/stand-in';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, startHarness, startModel } from './harness.ts';
import { until } from './support/until.ts';

let standIn: StandIn;
let harness: Harness;
beforeAll(async () => {
  standIn = await startModel();
  harness = await startHarness({ standIn });
});
afterEach(() => standIn.reset());
afterAll(async () => {
  await harness.close();
  await standIn.close();
});

const say = async (prompt: string, fields: object = {}): Promise<string> => {
  const { status, body } = await harness.json('/api/v1/query', { prompt, ...fields });
  expect(status, JSON.stringify(body)).toBe(200);
  return String(Object(body).session_id);
};

/** The conversation in the last request of the model. */
const sent = (): string => JSON.stringify(standIn.requests.last()?.body.messages ?? []);

const expectKnown = (known: string[], unknown: string[]): void => {
  for (const words of known) expect(sent()).toContain(words);
  for (const words of unknown) expect(sent()).not.toContain(words);
};

const messagesOf = async (session: string): Promise<Message[]> =>
  (await harness.client.sessions.messages(session, { limit: 200 })).messages;

const promptId = async (session: string, words: string): Promise<string> => {
  const found = (await messagesOf(session)).find(
    ({ type, content }) => type === 'user' && content.some((block) => block.type === 'text' && block.text === words),
  );
  if (!found) throw new Error(`nobody said ${words}`);
  return found.id;
};

const branch = async (from: object): Promise<Session> => {
  const { status, body } = await harness.json('/api/v1/sessions', { from });
  expect(status, JSON.stringify(body)).toBe(201);
  return sessionSchema.parse(body);
};

/** Three turns: a word, a tool step, another word. */
const conversation = async (): Promise<string> => {
  const session = await say('The code word is marmalade.');
  standIn.script([toolUse('Bash', { command: 'echo turnip' }), text('It printed something.')]);
  await say('Run it.', { session_id: session, permission_mode: 'bypassPermissions' });
  standIn.reset();
  await say('My name is Ada.', { session_id: session });
  return session;
};

describe('the first run of a branch', () => {
  it('knows the earlier turns with their tool steps, and none of the later ones', async () => {
    const source = await conversation();
    const { id } = await branch({ session_id: source, message_id: await promptId(source, 'Run it.') });
    await say('In the branch.', { session_id: id });
    expectKnown(['marmalade', 'Run it.', 'echo turnip', 'It printed something.', 'In the branch.'], ['Ada']);
    await say('In the original.', { session_id: source });
    expectKnown(['marmalade', 'Ada'], ['In the branch.']);
    await say('Again.', { session_id: id });
    expectKnown(['marmalade', 'In the branch.'], ['Ada', 'In the original.']);
  });

  it('knows what came before an edited message, and nothing in an empty one', async () => {
    const source = await conversation();
    const edited = { session_id: source, message_id: await promptId(source, 'Run it.'), before: true };
    await say('Run something else.', { session_id: (await branch(edited)).id });
    expectKnown(['marmalade', 'Run something else.'], ['Run it.', 'turnip', 'Ada']);
    const first = await promptId(source, 'The code word is marmalade.');
    const empty = await branch({ session_id: source, message_id: first, before: true });
    await say('A new beginning.', { session_id: empty.id });
    expectKnown(['A new beginning.'], ['marmalade']);
  });

  it('knows only finished turns of a session at work, also right after its run was stopped', async () => {
    const source = await conversation();
    standIn.script([fail.silent()]);
    const stream = harness.client.stream({ prompt: 'Take for ever.', session_id: source });
    const reading = Array.fromAsync(stream);
    await until('the question', () => sent().includes('Take for ever.'), 20_000);
    const { id } = await branch({ session_id: source });
    await harness.client.sessions.interrupt(source);
    await reading;
    standIn.reset();
    await say('In the branch.', { session_id: id });
    expectKnown(['marmalade', 'Ada'], ['Take for ever.']);
    const stopped = await branch({ session_id: source });
    await say('After the stop.', { session_id: stopped.id });
    expectKnown(['marmalade', 'Take for ever.', 'After the stop.'], ['In the branch.']);
  });
});

describe('a conversation that went back', () => {
  const rewind = async (session: string, target: object): Promise<string> => {
    const { status, body } = await harness.json(`/api/v1/sessions/${session}/rewind`, target);
    expect(status, JSON.stringify(body)).toBe(200);
    return String(Object(body).archived_session_id);
  };

  it('is remembered up to there, although its worker was alive; the archive is remembered whole', async () => {
    const session = await conversation();
    const live = harness.server.app.runtime.stats().live;
    const archive = await rewind(session, { message_id: await promptId(session, 'Run it.') });
    expect(harness.server.app.runtime.stats().live).toBe(live - 1);
    await say('Something else.', { session_id: session });
    expectKnown(['marmalade', 'Something else.'], ['Run it.', 'turnip', 'Ada']);
    await say('In the archive.', { session_id: archive });
    expectKnown(['marmalade', 'echo turnip', 'Ada', 'In the archive.'], ['Something else.']);
    await say('Once more.', { session_id: session });
    expectKnown(['marmalade', 'Something else.', 'Once more.'], ['turnip', 'In the archive.']);
  });

  it('forgets a file change together with the file, and a stopped answer', async () => {
    const session = await say('The code word is marmalade.');
    const path = join(harness.home, 'data', 'workspace', 'changed.txt');
    standIn.script([toolUse('Write', { file_path: path, content: 'changed' }), text('I changed it.')]);
    await say('Change it.', { session_id: session, permission_mode: 'acceptEdits' });
    standIn.reset();
    standIn.script([fail.silent()]);
    const reading = Array.fromAsync(harness.client.stream({ prompt: 'Take for ever.', session_id: session }));
    await until('the question', () => sent().includes('Take for ever.'), 20_000);
    await harness.client.sessions.interrupt(session);
    await reading;
    standIn.reset();
    const { checkpoints } = await harness.client.sessions.checkpoints(session);
    const archive = await rewind(session, { checkpoint_id: checkpoints[0]?.id, conversation: true });
    expect(existsSync(path)).toBe(false);
    await say('And now?', { session_id: session });
    expectKnown(['marmalade', 'And now?'], ['Change it.', 'Take for ever.']);
    await say('In the archive.', { session_id: archive });
    expectKnown(['marmalade', 'Change it.', 'I changed it.', 'Take for ever.'], ['And now?']);
  });
});
