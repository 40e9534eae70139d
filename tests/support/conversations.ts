/** Conversations of several turns in a server with the scripted provider, and what their readers and their model know. */
import { type Message, messageListSchema, type Session, sessionSchema } from '@hearth/contract';
import { plantKey } from './owners.ts';
import type { Talks } from './talks.ts';

export const textOf = ({ content }: Message): string =>
  content.map((block) => (block.type === 'text' ? block.text : `[${block.type}]`)).join('');

export const idOf = (messages: Message[], text: string): string => {
  const found = messages.find((message) => textOf(message) === text);
  if (!found) throw new Error(`nobody said ${text}`);
  return found.id;
};

export const createConversations = (talks: Talks) => {
  /** A fresh key per request: these tests are not about limits. */
  const freshKey = async (): Promise<string> => (await plantKey(talks, talks.server.app.ownerId)).key;
  const post = async (path: string, body?: object) => talks.post(path, body, await freshKey());
  const create = async (fields: object = {}): Promise<Session> => {
    const { status, body } = await post('/api/v1/sessions', fields);
    if (status !== 201) throw new Error(`${status}: ${JSON.stringify(body)}`);
    return sessionSchema.parse(body);
  };
  const newSession = async (): Promise<string> => (await create()).id;
  const messagesOf = async (session: string): Promise<Message[]> =>
    messageListSchema.parse((await talks.json(`/api/v1/sessions/${session}/messages?limit=200`)).body).messages;
  const textsOf = async (session: string): Promise<string[]> => (await messagesOf(session)).map(textOf);
  const say = async (session: string, ...prompts: string[]): Promise<void> => {
    for (const prompt of prompts) {
      const { status, body } = await post('/api/v1/query/single', { prompt, session_id: session });
      if (status !== 200) throw new Error(`${status}: ${JSON.stringify(body)}`);
    }
  };
  return {
    freshKey,
    post,
    create,
    newSession,
    messagesOf,
    textsOf,
    say,
    get: async (session: string): Promise<Session> =>
      sessionSchema.parse((await talks.json(`/api/v1/sessions/${session}`)).body),
    talk: async (...prompts: string[]): Promise<{ session: string; messages: Message[] }> => {
      const session = await newSession();
      await say(session, ...prompts);
      return { session, messages: await messagesOf(session) };
    },
    begin: async (session: string, prompt: string, fields: object = {}) =>
      talks.stream(prompt, { session, fields, key: await freshKey() }),
    branch: (from: object, fields: object = {}): Promise<Session> => create({ from, ...fields }),
    /** How many lines the model knew before this message: it says so in brackets. */
    known: async (session: string): Promise<number> => {
      await say(session, 'how much');
      return Number(/\((\d+)\)$/.exec((await textsOf(session)).at(-1) ?? '')?.[1]);
    },
  };
};

export type Conversations = ReturnType<typeof createConversations>;
