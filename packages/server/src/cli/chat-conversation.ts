/**
 * The interactive conversation: joins screen, session, dialogs and commands. A typed line goes to the open dialog, to a
 * command, or to the model. Ctrl+C stops a run, and leaves when it is pressed again.
 */
import type { Client, ConnectionState } from '@hearth/client';
import type { NumberedEvent } from '@hearth/contract';
import { type ApprovalRequest, createApprovalDialog, createQuestionDialog } from './chat-approval.ts';
import { runCommand } from './chat-commands.ts';
import { createDialogs, type Dialogs } from './chat-dialogs.ts';
import { createRenderer } from './chat-render.ts';
import { createScreen, idlePrompt, type ScreenOptions } from './chat-screen.ts';
import { type ChatSession, createChatSession, describeError } from './chat-session.ts';
import { type Style, stripControls } from './chat-text.ts';

export interface ConversationOptions extends ScreenOptions {
  client: Client;
  style: Style;
  now: () => number;
  session?: string;
  question?: string;
}

/** Where we are and who answers. A key that may not see the account learns it from the first answer. */
const greet = async (client: Client): Promise<string> => {
  await client.health();
  const account = await client.account.get().catch(() => undefined);
  const who = account?.demo ? 'demo model (no Claude account is connected)' : account?.label;
  return [`Hearth at ${client.baseUrl}`, ...(who === undefined ? [] : [stripControls(who)])].join(' · ');
};

interface Parts {
  session: ChatSession;
  dialogs: Dialogs;
  show: (text: string) => void;
  fail: (error: unknown) => void;
  leave: () => void;
  ask: () => void;
}

/** Ctrl+C: clears a typed line, stops a run, and leaves when there is nothing more to stop. */
const createInterrupt = (style: Style, parts: Parts) => {
  let wantsToLeave = false;
  const interrupt = (hadText: boolean): void => {
    const { session, dialogs, show, fail, leave, ask } = parts;
    const isRunning = session.isRunning();
    if (wantsToLeave) leave();
    else if (hadText && !isRunning) ask();
    else {
      wantsToLeave = true;
      show(
        style('dim', isRunning ? 'Stopping. Press Ctrl+C again to leave.' : 'Press Ctrl+C again, or Ctrl+D, to leave.'),
      );
      dialogs.clear();
      if (isRunning) session.interrupt().catch(fail);
      else ask();
    }
  };
  const reset = (): void => {
    wantsToLeave = false;
  };
  return { interrupt, reset };
};

/** What an event means beside its text: somebody has to be asked, or told. */
const createEventHandler = (
  { client, style }: ConversationOptions,
  { dialogs, show }: Pick<Parts, 'dialogs' | 'show'>,
) => {
  const askApproval = (request: ApprovalRequest): void => dialogs.add(createApprovalDialog(request, { client, style }));
  const react = (event: NumberedEvent): void => {
    if (event.type === 'init' && event.data.demo) show(style('yellow', 'demo model'));
    if (event.type === 'approval') askApproval(event.data);
    if (event.type === 'question') dialogs.add(createQuestionDialog(event.data, { client, style }));
    if (event.type === 'approval_settled') {
      const by = event.data.decided_by === null ? '' : ` by ${event.data.decided_by}`;
      dialogs.settle(event.data.approval_id, style('dim', stripControls(`${event.data.status}${by}`)));
    }
    if (event.type === 'done' && event.data.reason === 'interrupted') show(style('yellow', 'Stopped.'));
  };
  return { askApproval, react };
};

const createConversation = (options: ConversationOptions, left: () => void) => {
  const { client, style, now, question } = options;
  let isLeaving = false;

  const show = (text: string): void => screen.write(renderer.line(text));
  const fail = (error: unknown): void => show(style('red', stripControls(describeError(error))));
  const ask = (): void => screen.ask(idlePrompt);
  const leave = (): void => {
    if (isLeaving) return;
    isLeaving = true;
    if (session.isRunning())
      show(style('dim', `The answer goes on without you: hearth chat --session ${session.id() ?? 'last'}`));
    session.leave();
    screen.close();
    left();
  };
  /** Nothing is under way: wait for the next line, or go when there was only one question. */
  const rest = (): void => {
    if (isLeaving) return;
    control.reset();
    if (question !== undefined) leave();
    else if (!dialogs.isOpen() && !session.isRunning()) ask();
  };
  const connection = (state: ConnectionState): void => {
    if (state.status === 'reconnecting' && state.attempt <= 1) show(style('yellow', 'Connection lost, reconnecting.'));
  };
  const event = (item: NumberedEvent): void => {
    screen.write(renderer.event(item));
    handler.react(item);
  };
  const line = (typed: string): void => {
    if (dialogs.take(typed)) return;
    control.reset();
    const text = typed.trim();
    if (text.startsWith('/')) runCommand(text, commandDeps).catch(fail).finally(rest);
    else if (text === '') rest();
    else {
      if (session.isRunning()) show(style('dim', 'Sent to the answer under way.'));
      session.send(text);
    }
  };

  const renderer = createRenderer({ style, now, isOwnMessage: (id) => session.isOwn(id) });
  const session = createChatSession({ client, view: { event, connection, error: fail, idle: rest } });
  const screen = createScreen(options, { line, interrupt: (hadText) => control.interrupt(hadText), end: leave });
  const dialogs = createDialogs({ show, ask: screen.ask, fail });
  const handler = createEventHandler(options, { dialogs, show });
  const control = createInterrupt(style, { session, dialogs, show, fail, leave, ask });
  const commandDeps = { client, session, style, show, askApproval: handler.askApproval, quit: leave };
  return { session, show, rest, line };
};

/** Resolves with the exit code when the person leaves, or when the one question is answered. */
export const runConversation = async (options: ConversationOptions): Promise<number> => {
  const { client, style, question, session: wanted } = options;
  const greeting = await greet(client);
  const { promise, resolve } = Promise.withResolvers<void>();
  const { session, show, rest, line } = createConversation(options, resolve);
  show(style('bold', greeting));
  if (question === undefined) show(style('dim', 'Type a message, or /help.'));
  if (wanted !== undefined) line(wanted === 'last' ? '/resume' : `/resume ${wanted}`);
  else if (question === undefined) rest();
  if (question !== undefined) session.send(question);
  await promise;
  return question !== undefined && session.lastEnd() !== 'completed' ? 1 : 0;
};
