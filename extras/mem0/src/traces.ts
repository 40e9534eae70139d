/**
 * Mem0 keeps the text of what it has deleted in its history, and the last ten messages of each conversation beside it.
 * What is forgotten here is forgotten there too.
 */
import { DatabaseSync } from 'node:sqlite';

export interface Traces {
  /** The history of everything that is deleted, and the messages of this owner. */
  wipe(owner: string): void;
  close(): void;
}

/** Mem0 writes the names of a conversation's place as "agent_id=a&run_id=b&user_id=c", with these three escaped. */
const escaped = (name: string): string => name.replaceAll('%', '%25').replaceAll('&', '%26').replaceAll('=', '%3D');

/** Call it once Mem0 has made its tables. */
export const openTraces = (path: string): Traces => {
  const db = new DatabaseSync(path, { timeout: 5_000 });
  db.exec('PRAGMA secure_delete = ON');
  const history = db.prepare(
    'DELETE FROM memory_history WHERE memory_id IN (SELECT memory_id FROM memory_history WHERE is_deleted = 1)',
  );
  const messages = db.prepare('DELETE FROM messages WHERE session_scope = ?1 OR substr(session_scope, ?2) = ?3');
  // A process that ended in the middle of a deletion has left the second half of it to this one.
  history.run();
  return {
    wipe(owner) {
      const scope = `user_id=${escaped(owner)}`;
      history.run();
      messages.run(scope, -(scope.length + 1), `&${scope}`);
    },
    close: () => db.close(),
  };
};
