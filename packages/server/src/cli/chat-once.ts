/**
 * One question without a person at the terminal: the plain text of the answer goes to the output, remarks and errors to
 * the other stream. Nobody can be asked, so approvals are denied unless `yes` was given beforehand.
 */
import type { Client } from '@hearth/client';
import type { EventData, NumberedEvent } from '@hearth/contract';
import { createChatSession, describeError } from './chat-session.ts';
import { shorten, stripControls } from './chat-text.ts';

export interface OnceOptions {
  client: Client;
  question: string;
  session?: string;
  yes?: boolean;
  write: (text: string) => void;
  note: (text: string) => void;
  /** Aborting stops the run on the server too. */
  signal?: AbortSignal;
}

/** A connection that stays away this long fails the command: nobody is there to wait for it. */
const maxAttempts = 10;
const nobodyHere = 'Nobody is here to answer. Go on as well as you can without it, and say what you assumed.';

export const runOnce = async (options: OnceOptions): Promise<number> => {
  const { client, write, note } = options;
  const finished = Promise.withResolvers<void>();
  const failures: string[] = [];
  let answer: EventData<'result'> | undefined;

  const fail = (error: unknown): void => {
    failures.push(describeError(error));
    note(`${stripControls(describeError(error))}\n`);
  };
  const settle = async (event: NumberedEvent): Promise<void> => {
    if (event.type === 'approval') {
      note(
        `${options.yes ? 'Allowed' : 'Denied'}: ${shorten(event.data.title)}${options.yes ? '' : ' (use --yes to allow)'}\n`,
      );
      await client.approvals.decide(event.data.approval_id, { decision: options.yes ? 'allow' : 'deny' });
    }
    if (event.type === 'question') {
      note(`Not answered: ${shorten(event.data.question)}\n`);
      await client.sessions.answer(event.data.session_id, { answer: nobodyHere, tool_use_id: event.data.tool_use_id });
    }
  };
  const chat = createChatSession({
    client,
    maxAttempts,
    view: {
      event: (event) => {
        if (event.type === 'result') answer = event.data;
        if (event.type === 'error') fail(new Error(`${event.data.message} [${event.data.code}]`));
        if (event.type === 'init' && event.data.demo) note('demo model\n');
        settle(event).catch(fail);
      },
      connection: (state) => {
        if (state.status === 'reconnecting') note('connection lost, reconnecting\n');
      },
      error: fail,
      idle: finished.resolve,
    },
  });

  const stop = (): void => void chat.interrupt().catch(fail);
  options.signal?.addEventListener('abort', stop);
  chat.open(options.session);
  chat.send(options.question);
  await finished.promise;
  options.signal?.removeEventListener('abort', stop);
  if (answer !== undefined) write(`${stripControls(answer.content).trimEnd()}\n`);
  const isGood = answer !== undefined && !answer.is_error && failures.length === 0 && chat.lastEnd() === 'completed';
  return isGood ? 0 : 1;
};
