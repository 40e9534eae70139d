/** Calls about sessions: conversations, their messages, and what a person does to a run. */
import type { ExportFormat, Rewind, Rewound, Session, TurnRequest, UpdateSession } from '@hearth/contract';
import type {
  Answered,
  AnswerInput,
  CheckpointList,
  ControlInput,
  Controlled,
  CreateSessionInput,
  Interrupted,
  MessageList,
  MessagePage,
  QueryAccepted,
  SessionList,
  SessionListFilter,
  WholeBlock,
} from './contract-types.ts';
import { accepted } from './send.ts';
import type { Transport } from './transport.ts';

export interface CallOptions {
  signal?: AbortSignal;
}

const base = '/api/v1/sessions';
export const sessionPath = (id: string, action?: string): string =>
  `${base}/${encodeURIComponent(id)}${action === undefined ? '' : `/${action}`}`;

export const createSessions = ({ json, text, url }: Transport) => ({
  list: (filter: SessionListFilter = {}, options: CallOptions = {}) =>
    json<SessionList>('GET', base, { ...options, query: filter }),
  /** With `from` it begins with a part of another conversation. */
  create: (input: CreateSessionInput = {}, options: CallOptions = {}) =>
    json<Session>('POST', base, { ...options, body: input }),
  get: (id: string, options: CallOptions = {}) => json<Session>('GET', sessionPath(id), options),
  update: (id: string, changes: UpdateSession, options: CallOptions = {}) =>
    json<Session>('PATCH', sessionPath(id), { ...options, body: changes }),
  remove: (id: string, options: CallOptions = {}) => json<null>('DELETE', sessionPath(id), options),
  messages: (id: string, page: MessagePage = {}, options: CallOptions = {}) =>
    json<MessageList>('GET', sessionPath(id, 'messages'), { ...options, query: page }),
  /** The whole of a block that `max_block_bytes` has cut, by its place in the message. */
  block: (id: string, messageId: string, index: number, options: CallOptions = {}) =>
    json<WholeBlock>('GET', sessionPath(id, `messages/${encodeURIComponent(messageId)}/blocks/${index}`), options),
  /** As `client.send`, in this session. */
  send: (id: string, request: TurnRequest, options: CallOptions = {}) =>
    json<QueryAccepted>('POST', sessionPath(id, 'resume'), { ...options, ...accepted(request) }),
  /** 409 `CONFLICT` when nothing runs. */
  interrupt: (id: string, options: CallOptions = {}) =>
    json<Interrupted>('POST', sessionPath(id, 'interrupt'), { ...options, body: {} }),
  answer: (id: string, answer: AnswerInput, options: CallOptions = {}) =>
    json<Answered>('POST', sessionPath(id, 'answer'), { ...options, body: answer }),
  control: (id: string, change: ControlInput, options: CallOptions = {}) =>
    json<Controlled>('POST', sessionPath(id, 'control'), { ...options, body: change }),
  checkpoints: (id: string, options: CallOptions = {}) =>
    json<CheckpointList>('GET', sessionPath(id, 'checkpoints'), options),
  /** Files to a checkpoint, the conversation to before a turn, or both; a checkpoint's id alone means its files. */
  rewind: (id: string, target: string | Rewind, options: CallOptions = {}) =>
    json<Rewound>('POST', sessionPath(id, 'rewind'), {
      ...options,
      body: typeof target === 'string' ? { checkpoint_id: target } : target,
    }),
  /** The address of a download, for a link in a browser whose cookie goes along. Secrets are taken out by the server. */
  exportUrl: (id: string, format: ExportFormat = 'markdown'): string => url(sessionPath(id, 'export'), { format }),
  /** The same as text. */
  export: (id: string, format: ExportFormat = 'markdown', options: CallOptions = {}): Promise<string> =>
    text('GET', sessionPath(id, 'export'), { ...options, query: { format }, timeoutMs: 0 }),
});
