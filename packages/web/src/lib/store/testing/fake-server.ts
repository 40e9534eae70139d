/** A server as far as the store can see it: a numbered log, and what follows from each of its beginnings. */
import type { MessageList } from '@hearth/client';
import type {
  Approval,
  HearthEvent,
  LivePart,
  Message,
  NumberedEvent,
  RunSummary,
  StepDecision,
} from '@hearth/contract';

const epoch = '2026-01-01T00:00:00.000Z';

export interface FakeServer {
  /** Tells the next event of the story; false when there is none. */
  publish(): boolean;
  log: readonly NumberedEvent[];
  lastSeq(): number;
  messages(chat: string): Message[];
  runs(chat: string): RunSummary[];
  live(chat: string): LivePart[];
  approvals(): Approval[];
  decisions(chat: string): StepDecision[];
  /** One page of messages, the newest or the one before a message. */
  page(chat: string, size: number, before?: string): Pick<MessageList, 'messages' | 'has_more' | 'next_before'>;
}

const messageFrom = (event: Extract<HearthEvent, { type: 'message' }>): Message => ({
  id: event.data.uuid,
  session_id: event.data.session_id,
  run_id: event.data.run_id,
  type: event.data.type,
  content: event.data.content,
  status: event.data.status ?? 'complete',
  model: null,
  usage: null,
  parent_tool_use_id: null,
  client_message_id: event.data.client_message_id ?? null,
  created_at: epoch,
});

const wordsOf = (event: Extract<HearthEvent, { type: 'partial' }>): string => {
  const { delta } = event.data;
  if (delta === undefined) return '';
  return delta.type === 'text_delta'
    ? delta.text
    : delta.type === 'thinking_delta'
      ? delta.thinking
      : delta.partial_json;
};

const statusAfter = (events: readonly NumberedEvent[]): RunSummary['status'] => {
  const end = events.find((event) => event.type === 'done');
  if (end?.type === 'done') return end.data.reason === 'error' ? 'failed' : end.data.reason;
  const told = events.findLast((event) => event.type === 'status');
  return told?.type === 'status' && told.data.status === 'waiting' ? 'waiting' : 'running';
};

/** Everything a block has said, whether or not it has become a message. */
export const spoken = (log: readonly NumberedEvent[], messageId: string, index: number): string =>
  log
    .flatMap((event) =>
      event.type === 'partial' && event.data.message_id === messageId && event.data.index === index
        ? wordsOf(event)
        : [],
    )
    .join('');

const livePart = (log: readonly NumberedEvent[], messageId: string): LivePart | null => {
  const about = log.filter(
    (event) => (event.type === 'partial' || event.type === 'message') && event.data.message_id === messageId,
  );
  const first = about[0];
  if (first?.type !== 'partial') return null;
  const finished = about.filter((event) => event.type === 'message').length;
  const blocks: LivePart['blocks'] = about
    .flatMap((event) => (event.type === 'partial' && event.data.type === 'content_block_start' ? event.data : []))
    .slice(finished)
    .map(({ index, content_block: given }) => ({
      index,
      type: given?.type === 'thinking' || given?.type === 'tool_use' ? given.type : 'text',
      text: spoken(log, messageId, index),
      id: String(given?.id),
      name: String(given?.name),
    }));
  const ids = { run_id: first.data.run_id, message_id: messageId, parent_tool_use_id: null };
  return blocks.length === 0 ? null : { ...ids, seq: about.at(-1)?.seq ?? 0, blocks };
};

const inChat = (log: readonly NumberedEvent[], chat: string): NumberedEvent[] =>
  log.filter(({ data }) => 'session_id' in data && data.session_id === chat);

const runIds = (log: readonly NumberedEvent[]): string[] => [
  ...new Set(log.flatMap(({ data }) => ('run_id' in data && data.run_id !== undefined ? data.run_id : []))),
];

const approvalsIn = (log: readonly NumberedEvent[]): Approval[] =>
  log.flatMap((event) => {
    if (event.type !== 'approval') return [];
    const { approval_id: id, session_id, run_id, tool, title, input, risk, risk_reason } = event.data;
    const end = log.find((one) => one.type === 'approval_settled' && one.data.approval_id === id);
    return {
      ...{ id, kind: 'tool', session_id, run_id, tool, title, input, risk, risk_reason },
      ...{ tool_use_id: id, edited_input: null, created_at: epoch, expires_at: epoch, decided_at: null },
      status: end?.type === 'approval_settled' ? end.data.status : 'pending',
      decided_by: null,
    } satisfies Approval;
  });

export const createFakeServer = (story: readonly HearthEvent[]): FakeServer => {
  const log: NumberedEvent[] = [];
  const server: FakeServer = {
    log,
    publish() {
      const next = story[log.length];
      if (next === undefined) return false;
      // Numbers rise, but not one by one.
      log.push({ ...next, seq: log.length * 3 + 1 });
      return true;
    },
    lastSeq: () => log.at(-1)?.seq ?? 0,
    messages: (chat) => inChat(log, chat).flatMap((event) => (event.type === 'message' ? messageFrom(event) : [])),
    runs: (chat) =>
      runIds(inChat(log, chat)).map((id) => {
        const events = log.filter(({ data }) => 'run_id' in data && data.run_id === id);
        const status = statusAfter(events);
        const isOver = events.some((event) => event.type === 'done');
        return {
          id,
          status,
          error: null,
          total_cost_usd: null,
          memories_used: [],
          created_at: epoch,
          ended_at: isOver ? epoch : null,
        };
      }),
    live: (chat) => {
      const own = inChat(log, chat);
      const over = new Set(own.flatMap((event) => (event.type === 'done' ? event.data.run_id : [])));
      const ids = own.flatMap((event) =>
        event.type === 'partial' && !over.has(event.data.run_id) ? event.data.message_id : [],
      );
      return [...new Set(ids)].flatMap((id) => livePart(own, id) ?? []);
    },
    approvals: () => approvalsIn(log),
    decisions: (chat) =>
      approvalsIn(log).flatMap(({ session_id, status, tool_use_id, decided_at, decided_by }) =>
        session_id === chat && status !== 'pending' ? { tool_use_id, status, decided_at, decided_by } : [],
      ),
    page(chat, size, before) {
      const all = server.messages(chat);
      const end = before === undefined ? all.length : all.findIndex(({ id }) => id === before);
      const messages = all.slice(Math.max(0, end - size), end);
      const has_more = end > size;
      return { messages, has_more, next_before: has_more ? (messages[0]?.id ?? null) : null };
    },
  };
  return server;
};
