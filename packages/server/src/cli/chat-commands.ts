/** The slash commands of the chat. What is not a command is a message. */
import type { Client, MessageList, SessionList } from '@hearth/client';
import type { ApprovalRequest } from './chat-approval.ts';
import type { ChatSession } from './chat-session.ts';
import { type Style, shorten, stripControls } from './chat-text.ts';

type Session = SessionList['sessions'][number];

export const permissionModes = ['default', 'acceptEdits', 'plan', 'bypassPermissions'] as const;

export const helpText = [
  '/new             start a new conversation',
  '/resume [id]     go on with a conversation, by default the last one',
  '/sessions        list conversations',
  `/mode <mode>     ${permissionModes.join(', ')}`,
  '/help            this list',
  '/quit            leave (also Ctrl+D)',
  'Ctrl+C           stop the answer; typing during an answer steers it',
].join('\n');

export interface CommandDeps {
  client: Client;
  session: ChatSession;
  style: Style;
  show: (text: string) => void;
  /** Asks for an approval that was already waiting when the session was opened. */
  askApproval: (request: ApprovalRequest) => void;
  quit: () => void;
}

const textOf = (message: MessageList['messages'][number]): string =>
  message.content.flatMap((block) => (block.type === 'text' ? [stripControls(block.text)] : [])).join('\n');

const sessionLine = (session: Session): string =>
  `${session.id.slice(0, 8)}  ${session.updated_at.slice(0, 16).replace('T', ' ')}  ${shorten(session.title ?? session.last_message ?? 'untitled', 60)}`;

const shownMessages = 8;
const shownSessions = 15;

/** Finds a session by its id or by the first characters of it; without an id, the one used last. */
const find = async (client: Client, id: string | undefined): Promise<Session> => {
  if (id !== undefined && id.length === 36) return client.sessions.get(id);
  const { sessions } = await client.sessions.list({ page_size: 100 });
  const found = sessions.filter((session) => id === undefined || session.id.startsWith(id));
  const [first] = found.toSorted((a, b) => b.updated_at.localeCompare(a.updated_at));
  if (first === undefined)
    throw new Error(id === undefined ? 'There is no conversation yet.' : `No conversation starts with ${id}.`);
  if (id !== undefined && found.length > 1) throw new Error(`${found.length} conversations start with ${id}.`);
  return first;
};

const resume = async (deps: CommandDeps, id: string | undefined): Promise<void> => {
  const { client, session, style, show } = deps;
  const found = await find(client, id);
  const { messages, last_seq: lastSeq } = await client.sessions.messages(found.id, { limit: 60 });
  session.open(found.id);
  show(style('bold', shorten(found.title ?? 'Untitled', 100)));
  const spoken = messages.filter((message) => message.parent_tool_use_id === null && textOf(message) !== '');
  for (const message of spoken.slice(-shownMessages)) {
    show(message.type === 'user' ? style('cyan', `> ${textOf(message)}`) : textOf(message));
  }
  if (found.activity === 'idle') return;
  show(style('dim', 'An answer is under way.'));
  session.attach(lastSeq);
  const { approvals } = await client.approvals.list({ status: 'pending' });
  for (const approval of approvals) {
    const isMine = approval.session_id === found.id && approval.kind === 'tool';
    if (isMine) deps.askApproval({ ...approval, approval_id: approval.id });
  }
};

const list = async ({ client, show }: CommandDeps): Promise<void> => {
  const { sessions, total } = await client.sessions.list({ page_size: shownSessions });
  show(sessions.map(sessionLine).join('\n') || 'There is no conversation yet.');
  if (total > sessions.length) show(`and ${total - sessions.length} more`);
};

const setMode = async ({ session, show }: CommandDeps, name: string | undefined): Promise<void> => {
  const mode = permissionModes.find((known) => known.toLowerCase() === name?.toLowerCase());
  if (mode === undefined) return show(`Modes: ${permissionModes.join(', ')}`);
  await session.setMode(mode);
  show(`Mode: ${mode}`);
};

const isFree = ({ session, show }: CommandDeps): boolean => {
  if (session.isRunning()) show('An answer is under way: stop it first with Ctrl+C.');
  return !session.isRunning();
};

/** Runs a command line such as `/resume 3f2a`. Errors are left to the caller. */
export const runCommand = async (line: string, deps: CommandDeps): Promise<void> => {
  const [name = '', argument] = line.slice(1).trim().split(/\s+/);
  if (name === 'quit' || name === 'exit') return deps.quit();
  if (name === 'sessions') return list(deps);
  if (name === 'mode') return setMode(deps, argument);
  if (name === 'resume') return isFree(deps) ? resume(deps, argument) : undefined;
  if (name === 'new') {
    if (!isFree(deps)) return;
    deps.session.open(undefined);
    return deps.show('A new conversation.');
  }
  deps.show(name === 'help' ? helpText : `Unknown command /${shorten(name)}\n${helpText}`);
};
