/** What the server itself has, asked without the browser. */
import { type Approval, type Message, messageListSchema, rotatedApiKeySchema, sessionSchema } from '@hearth/contract';
import { until } from '../../support/until.ts';
import type { World } from './world.ts';

export const stored = async (world: World, session: string): Promise<Message[]> => {
  const { body } = await world.harness.json(`/api/v1/sessions/${session}/messages?limit=200`);
  return messageListSchema.parse(body).messages;
};

const textOf = (message: Message): string =>
  message.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');

export const storedTexts = async (world: World, session: string, type: 'user' | 'assistant'): Promise<string[]> =>
  (await stored(world, session))
    .filter((message) => message.type === type)
    .map(textOf)
    .filter((text) => text !== '');

export const idle = (world: World, session: string, limitMs = 20_000): Promise<unknown> =>
  until(
    'the run to be over',
    async () => {
      const { body } = await world.harness.json(`/api/v1/sessions/${session}`);
      return sessionSchema.parse(body).activity === 'idle';
    },
    limitMs,
  );

/** A chat without anything in it. */
export const emptyChat = async (world: World): Promise<string> => {
  const { body } = await world.harness.json('/api/v1/sessions', {});
  return sessionSchema.parse(body).id;
};

export const askedFor = (world: World, method: string, path: RegExp): string[] =>
  world.line.asked.filter((line) => line.startsWith(`${method} `) && path.test(line.slice(method.length + 1)));

/** Ends every login that was made with this key, as a rotation does; answers its new text. */
export const rotate = async (world: World, keyId: string): Promise<string> => {
  const { body } = await world.harness.json(`/api/v1/api-keys/${keyId}/rotate`, {});
  return rotatedApiKeySchema.parse(body).new_key;
};

export const pendingOf = async (world: World, session: string): Promise<Approval[]> =>
  (await world.harness.client.approvals.list({ status: 'pending' })).approvals.filter(
    (approval) => approval.session_id === session,
  );
