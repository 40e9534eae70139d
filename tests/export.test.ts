/** A conversation as a download: complete, without secrets, and no burden for anybody else, however long it is. */
import { sessionExportSchema } from '@hearth/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eachEngine } from '../packages/server/src/db/test-db.ts';
import { testKey } from './harness.ts';
import { type Conversations, createConversations } from './support/conversations.ts';
import { databaseEnv } from './support/engines.ts';
import { errorOf } from './support/requests.ts';
import { startTalks, type Talks } from './support/talks.ts';

let talks: Talks;
let on: Conversations;

const secret = 'hunter2-Xy-9';

/** Adds turns to a session without a model; `content` of each is a prompt, a step with its result, and an answer. */
const grow = async (session: string, turns: number, words: string): Promise<void> => {
  const { kysely } = talks.server.app.db;
  const text = (value: string) => [{ type: 'text', text: value }];
  const contents = (turn: number) =>
    [
      ['user', text(`question ${turn}`)],
      ['assistant', [{ type: 'tool_use', id: `t${turn}`, name: 'Bash', input: { command: `x --token ${secret}` } }]],
      ['user', [{ type: 'tool_result', tool_use_id: `t${turn}`, content: `password=${secret}\n${words}` }]],
      ['assistant', text(`answer ${turn}: ${words}`)],
    ] as const;
  const rows = Array.from({ length: turns }, (_, turn) => contents(turn)).flat();
  for (let from = 0; from < rows.length; from += 400)
    await kysely
      .insertInto('messages')
      .values(
        rows.slice(from, from + 400).map(([type, content], index) => ({
          id: crypto.randomUUID(),
          session_id: session,
          owner_id: talks.server.app.ownerId,
          run_id: null,
          no: from + index + 1,
          type,
          content: JSON.stringify(content),
          status: 'complete' as const,
          model: null,
          usage: null,
          parent_tool_use_id: null,
          client_message_id: null,
          created_at: '2026-11-23T04:26:00.000Z',
        })),
      )
      .execute();
  await kysely
    .updateTable('sessions')
    .set({ next_message_no: rows.length + 1 })
    .where('id', '=', session)
    .execute();
};

eachEngine('an export', (engine) => {
  beforeAll(async () => {
    talks = await startTalks({ env: await databaseEnv(engine) });
    on = createConversations(talks);
  });
  afterAll(() => talks.close());
  const fetchExport = (session: string, query = '') => talks.fetch(`/api/v1/sessions/${session}/export${query}`);

  it('is Markdown with the name of the conversation, unless JSON is wanted', async () => {
    const { session } = await on.talk(`my password is: ${secret}`);
    await talks.client.sessions.update(session, { title: `Grüße "aus" password=${secret}` });
    const response = await fetchExport(session);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="[\x20-\x7e]+\.md"; filename\*=UTF-8''Gr%C3%BC%C3%9Fe.+\.md$/,
    );
    expect(response.headers.get('content-disposition')?.match(/password%3D%5Bredacted/)).not.toBeNull();
    expect(response.headers.get('cache-control')).toBe('no-store');
    const text = await response.text();
    expect(text).toMatch(/^# Grüße /);
    expect(text).toContain('## You, ');
    expect(text).toContain('my password is: [redacted: password]');
    expect(await talks.client.sessions.export(session)).toContain('## You, ');
    const json = await fetchExport(session, '?format=json');
    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(json.headers.get('content-disposition')).toContain('.json');
  });

  it('as JSON fits its schema, holds every message as the API gives it, and no secret', async () => {
    const { session } = await on.talk('one', `Authorization: Bearer ${secret}`);
    const whole = sessionExportSchema.parse(JSON.parse(await talks.client.sessions.export(session, 'json')));
    const messages = await on.messagesOf(session);
    const clean = JSON.parse(JSON.stringify(messages).replaceAll(secret, '[redacted: token]'));
    expect(whole).toMatchObject({ format: 'hearth.session', version: 1, session: { id: session }, messages: clean });
    expect(JSON.stringify(whole)).not.toContain(secret);
    const empty = sessionExportSchema.parse(
      JSON.parse(await talks.client.sessions.export(await on.newSession(), 'json')),
    );
    expect(empty.messages).toEqual([]);
  });

  it("loses this server's own secrets, whatever they look like", async () => {
    const { session } = await on.talk(`is ${testKey} a good key?`);
    for (const format of ['markdown', 'json'] as const) {
      const text = await talks.client.sessions.export(session, format);
      expect(text).not.toContain(testKey);
      expect(text).toContain('is [redacted: secret] a good key?');
    }
  });

  it('of 2,000 turns is whole and in order, and others are answered meanwhile', async () => {
    const session = await on.newSession();
    await grow(session, 2000, 'and so on, word after word, '.repeat(10));
    const response = await fetchExport(session);
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader?.read())?.value ?? '';
    // The download has only begun, and is not read on: nothing of it is in the way.
    expect(text).not.toContain('question 1999');
    expect((await on.get(session)).id).toBe(session);
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value;
    const questions = [...text.matchAll(/^question (\d+)$/gm)].map(([, number]) => Number(number));
    expect(questions).toEqual(Array.from({ length: 2000 }, (_, turn) => turn));
    expect(text).not.toContain(secret);

    const json = sessionExportSchema.parse(JSON.parse(await talks.client.sessions.export(session, 'json')));
    expect(json.messages).toHaveLength(8000);
    expect(JSON.stringify(json)).not.toContain(secret);
  });

  it('that nobody reads to its end is forgotten', async () => {
    const session = await on.newSession();
    await grow(session, 300, 'and so on, word after word, '.repeat(400));
    for (let round = 0; round < 5; round += 1) {
      const response = await fetchExport(session, '?format=json');
      await response.body?.cancel();
    }
    expect((await on.get(session)).id).toBe(session);
  });

  describe('that cannot be made', () => {
    it('is refused by name', async () => {
      const { session } = await on.talk('one');
      for (const query of ['?format=pdf', '?format=', '?format=markdown&format=json']) {
        const response = await fetchExport(session, query);
        expect(response.status, query).toBe(422);
        expect(JSON.stringify(errorOf({ text: await response.text() }).details)).toContain('"path":"format"');
      }
      const nobody = await fetchExport(crypto.randomUUID());
      expect(nobody.status).toBe(404);
      expect(nobody.headers.get('content-disposition')).toBeNull();
    });
  });
});
