/** One short conversation, told step by step, and a store that looks at it. */
import type { HearthEvent } from '@hearth/contract';
import { turns } from '../../testing/timers.ts';
import * as make from './make.ts';
import { createWorld, type World } from './world.ts';

export const withoutNumber = ({ seq: _, ...event }: ReturnType<typeof make.done>): HearthEvent => event;
/** A question, one answer of two words, a tool that asks, the end. */
export const story: HearthEvent[] = [
  make.told(0, 'question', { type: 'user', client_message_id: 'mine' }),
  make.starts(0),
  make.word(0, 'one '),
  make.word(0, 'two '),
  make.word(0, 'three '),
  make.told(0, 'answer', { message_id: 'm' }),
  make.other(0, 'approval', { approval_id: 'ask', tool: 'Bash', title: 'Run it', input: {}, risk: 'low' }),
  make.settled(0, 'ask'),
  make.done(0),
].map(withoutNumber);
/** How much of the story has been told. */
export const [asked, started, second, third, answered] = [1, 3, 4, 5, 6];

export const chatIn = ({ store }: World) => store.state.getState().chats.chat;
export const ids = (world: World): string[] => chatIn(world)?.messages.map(({ id }) => id) ?? [];
export const live = (world: World): string | undefined => chatIn(world)?.live.m?.blocks[0]?.text;
export const answerAll = async (world: World): Promise<void> => {
  while (world.requests().length > 0) await world.answer(0);
};
export const openedAt = async (count: number): Promise<World> => {
  const world = createWorld({ story });
  await world.publish(count);
  await world.connect('ring');
  world.store.openChat('chat');
  await turns();
  await answerAll(world);
  return world;
};
