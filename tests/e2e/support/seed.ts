/** Long histories, written straight into the database. */
import { emptyChat } from './server.ts';
import type { World } from './world.ts';

/** SQLite takes a limited number of values in one statement. */
const rowsPerInsert = 500;

export interface SeedTurn {
  said: string;
  /** Text, or whole content blocks. */
  answered: string | object[];
}

const text = (value: string): object[] => [{ type: 'text', text: value }];

/** A chat with these turns; times lie one minute apart and end now. */
export const seedChat = async (world: World, turns: readonly SeedTurn[], title = 'A long history'): Promise<string> => {
  const session = await emptyChat(world);
  const { db, ownerId } = world.harness.server.app;
  const now = Date.now();
  const rows = turns
    .flatMap(({ said, answered }) => [
      { type: 'user' as const, content: text(said) },
      { type: 'assistant' as const, content: typeof answered === 'string' ? text(answered) : answered },
    ])
    .map(({ type, content }, index, all) => ({
      id: crypto.randomUUID(),
      session_id: session,
      owner_id: ownerId,
      run_id: null,
      no: index + 1,
      type,
      content: JSON.stringify(content),
      status: 'complete' as const,
      model: null,
      usage: null,
      parent_tool_use_id: null,
      client_message_id: null,
      created_at: new Date(now - (all.length - index) * 30_000).toISOString(),
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
