/** Long histories, written straight into the database. */
import { emptyChat } from './server.ts';
import type { World } from './world.ts';

/** SQLite takes a limited number of values in one statement. */
const rowsPerInsert = 500;

export interface SeedMessage {
  type: 'user' | 'assistant';
  /** Text, or whole content blocks. */
  content: string | object[];
  parent?: string;
}

export interface SeedTurn {
  said: string;
  answered: string | object[];
}

/** A chat with these messages; they lie half a minute apart and end now. */
export const seedMessages = async (world: World, messages: readonly SeedMessage[], title: string): Promise<string> => {
  const session = await emptyChat(world);
  const { db, ownerId } = world.harness.server.app;
  const now = Date.now();
  const rows = messages.map(({ type, content, parent }, index) => ({
    id: crypto.randomUUID(),
    session_id: session,
    owner_id: ownerId,
    run_id: null,
    no: index + 1,
    type,
    content: JSON.stringify(typeof content === 'string' ? [{ type: 'text', text: content }] : content),
    status: 'complete' as const,
    model: null,
    usage: null,
    parent_tool_use_id: parent ?? null,
    client_message_id: null,
    created_at: new Date(now - (messages.length - index) * 30_000).toISOString(),
  }));
  for (let at = 0; at < rows.length; at += rowsPerInsert) {
    await db.kysely
      .insertInto('messages')
      .values(rows.slice(at, at + rowsPerInsert))
      .execute();
  }
  await db.kysely
    .updateTable('sessions')
    .set({ title, next_message_no: rows.length + 1, last_message_at: new Date(now).toISOString() })
    .where('id', '=', session)
    .execute();
  return session;
};

export const seedChat = (world: World, turns: readonly SeedTurn[], title = 'A long history'): Promise<string> =>
  seedMessages(
    world,
    turns.flatMap(({ said, answered }): SeedMessage[] => [
      { type: 'user', content: said },
      { type: 'assistant', content: answered },
    ]),
    title,
  );

/** A call of a tool and what came of it, as two messages. */
export const seedTool = (id: string, name: string, input: object, result: string, failed = false): SeedMessage[] => [
  { type: 'assistant', content: [{ type: 'tool_use', id, name, input }] },
  { type: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: result, is_error: failed }] },
];

/** Turns of different heights, each with its number in the text. */
export const variedTurns = (count: number): SeedTurn[] =>
  Array.from({ length: count }, (_, index) => ({
    said: `Question ${index}`,
    answered: [
      `Answer ${index}.`,
      ...Array.from({ length: index % 5 }, (_line, line) =>
        `Paragraph ${line} of answer ${index}. `.repeat(1 + (index % 3)),
      ),
      ...(index % 7 === 0 ? ['```js\nconst a = 1;\nconst b = 2;\n```'] : []),
    ].join('\n\n'),
  }));
