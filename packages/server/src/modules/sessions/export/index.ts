/**
 * A conversation to take away, always without secrets. It is read in small pages and written in pieces as somebody takes
 * them, so that its length costs neither memory nor the time of others.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ExportFormat, type Message, messageSchema, type Session, sessionSchema } from '@hearth/contract';
import type { Clock } from '../../../kernel/clock.ts';
import { redactJson, redactSteps } from '../../../kernel/redact-secrets.ts';
import type { Sessions } from '../service.ts';
import { blocksOf, type Connection, messagesAfter, toMessage } from '../store.ts';
import { fileNameOf } from './filename.ts';
import { createMarkdownWriter } from './markdown.ts';

export interface SessionExport {
  filename: string;
  contentType: string;
  pieces: AsyncGenerator<string>;
}

export interface SessionExportsDeps {
  db: Connection;
  clock: Clock;
  sessions: Pick<Sessions, 'get' | 'row'>;
  /** This server's own secrets. */
  secrets: () => readonly string[];
  /** Lets others work for a moment. */
  breathe?: () => Promise<void>;
}

export interface SessionExports {
  open(ownerId: string, sessionId: string, format: ExportFormat): Promise<SessionExport>;
}

const pageSize = 10;
const kinds = {
  markdown: { extension: 'md', contentType: 'text/markdown; charset=utf-8' },
  json: { extension: 'json', contentType: 'application/json; charset=utf-8' },
} as const;

export const createSessionExports = (deps: SessionExportsDeps): SessionExports => {
  const { db, clock, sessions } = deps;
  const breathe = deps.breathe ?? (async () => void (await nextTurn()));

  const inSlices = async <T>(steps: Generator<void, T>): Promise<T> => {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      await breathe();
    }
  };

  async function* messagesOf(session: { id: string; next_message_no: number }): AsyncGenerator<Message> {
    let after = 0;
    for (;;) {
      const rows = await messagesAfter(db, session.id, { after, before: session.next_message_no, limit: pageSize });
      for (const row of rows) {
        yield toMessage(row, blocksOf(row));
        await breathe();
      }
      const last = rows.at(-1);
      if (!last || rows.length < pageSize) return;
      after = last.no;
    }
  }

  type Row = Parameters<typeof messagesOf>[0];

  async function* asMarkdown(session: Session, row: Row, exportedAt: string): AsyncGenerator<string> {
    const known = deps.secrets();
    const writer = createMarkdownWriter(async (text) => (await inSlices(redactSteps(text, { known }))).text);
    yield await writer.head(session, exportedAt);
    for await (const message of messagesOf(row)) {
      const piece = await writer.message(message);
      if (piece !== '') yield piece;
    }
    yield writer.end();
  }

  async function* asJson(session: Session, row: Row, exportedAt: string): AsyncGenerator<string> {
    const known = deps.secrets();
    const clean = async (value: unknown): Promise<unknown> => inSlices(redactJson(value, { known }));
    const about = sessionSchema.parse(await clean(session));
    const head = JSON.stringify({ format: 'hearth.session', version: 1, exported_at: exportedAt, session: about });
    yield `${head.slice(0, -1)},"messages":[`;
    let separator = '\n';
    for await (const message of messagesOf(row)) {
      const content = messageSchema.shape.content.parse(await clean(message.content));
      yield `${separator}${JSON.stringify({ ...message, content })}`;
      separator = ',\n';
    }
    yield '\n]}\n';
  }

  return {
    async open(ownerId, sessionId, format) {
      const row = await sessions.row(ownerId, sessionId);
      const session = await sessions.get(ownerId, sessionId);
      const exportedAt = clock.now().toISOString();
      const { extension, contentType } = kinds[format];
      const title = await inSlices(redactSteps(session.title ?? '', { known: deps.secrets() }));
      const pieces = format === 'json' ? asJson(session, row, exportedAt) : asMarkdown(session, row, exportedAt);
      return { filename: fileNameOf(title.text, extension), contentType, pieces };
    },
  };
};
