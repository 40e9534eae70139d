/**
 * The terminal chat: `hearth chat` for a conversation, `hearth chat "question"` for one answer.
 * It is a client like any other: everything goes through the HTTP API, and a run goes on when the terminal is closed.
 */
import type { Client } from '@hearth/client';
import { runConversation } from './chat-conversation.ts';
import { runOnce } from './chat-once.ts';
import { describeError } from './chat-session.ts';
import { createStyle, stripControls, wantsColor } from './chat-text.ts';

export interface ChatOptions {
  client: Client;
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  /** Remarks and errors while the output is piped somewhere. Default: the output. */
  errorOutput?: NodeJS.WritableStream;
  /** Both ends are a terminal: a person can be asked. */
  isTty: boolean;
  /** Id of the conversation to go on with, or the first characters of it; `last` for the last one. */
  session?: string;
  /** One question: answer it and leave. */
  question?: string;
  /** Allows what is asked for when nobody can be. */
  yes?: boolean;
  /** Default: what the output and NO_COLOR say. */
  color?: boolean;
  now?: () => number;
  signal?: AbortSignal;
}

const readAll = async (input: NodeJS.ReadableStream): Promise<string> => {
  let text = '';
  for await (const piece of input) text += piece.toString();
  return text;
};

/** Returns the exit code: 1 when the answer failed. */
export const runChat = async (options: ChatOptions): Promise<number> => {
  const { client, input, output, isTty } = options;
  const errorOutput = options.errorOutput ?? output;
  const note = (text: string): void => void errorOutput.write(text);
  try {
    if (isTty) {
      const style = createStyle(options.color ?? wantsColor(output));
      return await runConversation({ ...options, style, now: options.now ?? performance.now.bind(performance) });
    }
    const question = (options.question ?? (await readAll(input))).trim();
    if (question === '') {
      note('There is no question.\n');
      return 1;
    }
    const { session, yes, signal } = options;
    return await runOnce({ client, question, session, yes, signal, note, write: (text) => void output.write(text) });
  } catch (error) {
    note(`${stripControls(describeError(error))}\n`);
    return 1;
  }
};
