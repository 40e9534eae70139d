/** `GET /sessions/{id}/messages?anchor=turn`, as a reader walks through a conversation with it. */
import { isPrompt, type Message, messageListSchema } from '@hearth/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Conversations, createConversations } from './support/conversations.ts';
import { errorOf } from './support/requests.ts';
import { startTalks, type Talks } from './support/talks.ts';

let talks: Talks;
let on: Conversations;
beforeAll(async () => {
  talks = await startTalks();
  on = createConversations(talks);
});
afterAll(() => talks.close());

const pageOf = async (session: string, query: string) => {
  const { status, body } = await talks.json(`/api/v1/sessions/${session}/messages?${query}`);
  expect(status).toBe(200);
  return messageListSchema.parse(body);
};

it('each page begins with what a person wrote, and all of them together are the conversation', async () => {
  const session = await on.newSession();
  for (const prompt of ['one', 'run make tea', 'look around', 'two'])
    await (await on.begin(session, prompt, { permission_mode: 'bypassPermissions' })).end();
  const whole = await on.messagesOf(session);
  const seen: Message[] = [];
  for (let before = ''; ; ) {
    const page = await pageOf(session, `anchor=turn&limit=2${before}`);
    const [first] = page.messages;
    expect(first && isPrompt(first)).toBe(true);
    seen.unshift(...page.messages);
    if (!page.has_more) break;
    expect(page.next_before).toBe(first?.id);
    before = `&before=${page.next_before}`;
  }
  expect(seen).toEqual(whole);
  expect(whole.filter(isPrompt)).toHaveLength(4);
  const plain = await pageOf(session, 'limit=3');
  expect(plain.messages).toHaveLength(3);
});

it('an anchor that is not known is refused by name', async () => {
  const session = await on.newSession();
  for (const query of ['anchor=message', 'anchor=', 'anchor=turn&anchor=turn']) {
    const response = await talks.fetch(`/api/v1/sessions/${session}/messages?${query}`);
    expect(response.status, query).toBe(422);
    expect(JSON.stringify(errorOf({ text: await response.text() }).details)).toContain('"path":"anchor"');
  }
});
