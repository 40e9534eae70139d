/**
 * File checkpoints: before a run changes a file for the first time, the old content is kept, content-addressed, beside
 * the database. Rewinding restores every file touched since, and first takes a checkpoint of what is there now, so a
 * rewind can be undone. Files changed by shell commands are not covered. (The SDK's own checkpoints do not work with
 * transcripts in a store; see docs/decisions.)
 */
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Checkpoint, JsonObject, Rewound } from '@hearth/contract';
import type { Db, Flag } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { canonicalTool, type PathGuard } from '../policy/index.ts';

export interface Checkpoints {
  /** Called after a change was allowed and before it happens. */
  beforeChange(change: {
    ownerId: string;
    sessionId: string;
    runId: string;
    label: string;
    path: string;
  }): Promise<void>;
  list(ownerId: string, sessionId: string): Promise<Checkpoint[]>;
  /** The run that a checkpoint was taken in; null when it was taken before a rewind. */
  runOf(ownerId: string, sessionId: string, checkpointId: string): Promise<string | null>;
  rewind(ownerId: string, sessionId: string, checkpointId: string): Promise<RewoundFiles>;
}

export type RewoundFiles = Omit<Rewound, 'archived_session_id'>;

export interface CheckpointsDeps {
  db: Db;
  clock: Clock;
  paths: PathGuard;
  blobDir: string;
}

const largestFile = 32 * 1024 * 1024;

interface Kept {
  blob: string | null;
  mode: number | null;
}

export const changedPath = (tool: string, input: JsonObject): string | null => {
  const name = canonicalTool(tool);
  if (name === 'Write' || name === 'Edit') return typeof input.file_path === 'string' ? input.file_path : null;
  if (name === 'NotebookEdit') return typeof input.notebook_path === 'string' ? input.notebook_path : null;
  return null;
};

export const createCheckpoints = ({ db, clock, paths, blobDir }: CheckpointsDeps): Checkpoints => {
  const k = db.kysely;

  /** Stores the content of a file; null blob when there is no file. */
  const keep = async (path: string): Promise<Kept> => {
    const info = await stat(path).catch(() => null);
    if (info === null) return { blob: null, mode: null };
    if (!info.isFile() || info.size > largestFile)
      throw new AppError('CONFLICT', 'This file cannot be kept for a rewind: it is too large or not a regular file.');
    const content = await readFile(path);
    const blob = createHash('sha256').update(content).digest('hex');
    const target = join(blobDir, blob.slice(0, 2), blob);
    if ((await stat(target).catch(() => null)) === null) {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const part = `${target}.${newId()}`;
      const file = await open(part, 'wx', 0o600);
      await file.writeFile(content).then(() => file.sync());
      await file.close();
      await rename(part, target);
    }
    return { blob, mode: info.mode & 0o777 };
  };

  const putBack = async (path: string, kept: Kept): Promise<'restored' | 'deleted'> => {
    if (kept.blob === null) {
      await rm(path, { force: true });
      return 'deleted';
    }
    const content = await readFile(join(blobDir, kept.blob.slice(0, 2), kept.blob));
    await mkdir(dirname(path), { recursive: true });
    const part = `${path}.hearth-${newId()}`;
    await writeFile(part, content);
    if (kept.mode !== null) await chmod(part, kept.mode);
    await rename(part, path);
    return 'restored';
  };

  const find = async (ownerId: string, sessionId: string, checkpointId: string) => {
    const found = await k
      .selectFrom('checkpoints')
      .selectAll()
      .where('id', '=', checkpointId)
      .where('owner_id', '=', ownerId)
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    if (!found) throw new AppError('CHECKPOINT_NOT_FOUND', 'There is no such checkpoint in this session.');
    return found;
  };

  const insert = async (
    row: { ownerId: string; sessionId: string; runId: string; label: string },
    undoes: Flag = 0,
  ): Promise<string> => {
    const id = newId();
    await k
      .insertInto('checkpoints')
      .values({
        id,
        owner_id: row.ownerId,
        session_id: row.sessionId,
        run_id: row.runId,
        label: row.label.slice(0, 80),
        undoes,
        created_at: clock.now().toISOString(),
      })
      .execute();
    return id;
  };

  const addFile = async (checkpointId: string, path: string, kept: Kept): Promise<void> => {
    await k
      .insertInto('checkpoint_files')
      .values({ checkpoint_id: checkpointId, path, ...kept })
      .onConflict((conflict) => conflict.columns(['checkpoint_id', 'path']).doNothing())
      .execute();
  };

  /** The state of every file as it was at the checkpoint: the oldest copy kept since then. */
  const stateAt = async (sessionId: string, since: { id: string; created_at: string }): Promise<Map<string, Kept>> => {
    const rows = await k
      .selectFrom('checkpoint_files')
      .innerJoin('checkpoints', 'checkpoints.id', 'checkpoint_files.checkpoint_id')
      .select(['path', 'blob', 'mode', 'checkpoints.id as checkpoint'])
      .where('session_id', '=', sessionId)
      .where('checkpoints.id', '>=', since.id)
      .orderBy('checkpoints.id', 'desc')
      .execute();
    return new Map(rows.map((row) => [row.path, { blob: row.blob, mode: row.mode }]));
  };

  return {
    async beforeChange({ path, ...row }) {
      const existing = await k
        .selectFrom('checkpoints')
        .select('id')
        .where('run_id', '=', row.runId)
        .where('session_id', '=', row.sessionId)
        .where('undoes', '=', 0)
        .orderBy('id')
        .executeTakeFirst();
      const id = existing?.id ?? (await insert(row));
      const known = await k
        .selectFrom('checkpoint_files')
        .select('path')
        .where('checkpoint_id', '=', id)
        .where('path', '=', path)
        .executeTakeFirst();
      if (!known) await addFile(id, path, await keep(path));
    },

    async list(ownerId, sessionId) {
      const rows = await k
        .selectFrom('checkpoints')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .where('session_id', '=', sessionId)
        .orderBy('id', 'desc')
        .limit(200)
        .execute();
      if (rows.length === 0) return [];
      const files = await k
        .selectFrom('checkpoint_files')
        .select(['checkpoint_id', 'path'])
        .where(
          'checkpoint_id',
          'in',
          rows.map((row) => row.id),
        )
        .orderBy('path')
        .execute();
      return rows.map((row) => ({
        id: row.id,
        session_id: row.session_id,
        run_id: row.run_id,
        label: row.label,
        files: files.filter((file) => file.checkpoint_id === row.id).map((file) => file.path),
        created_at: row.created_at,
      }));
    },

    async runOf(ownerId, sessionId, checkpointId) {
      const { run_id, undoes } = await find(ownerId, sessionId, checkpointId);
      return undoes === 1 ? null : run_id;
    },

    async rewind(ownerId, sessionId, checkpointId) {
      const target = await find(ownerId, sessionId, checkpointId);
      const state = await stateAt(sessionId, target);
      const label = `Before rewinding: ${target.label}`;
      const undo = await insert({ ownerId, sessionId, runId: target.run_id, label }, 1);
      const result: RewoundFiles = {
        status: 'rewound',
        session_id: sessionId,
        checkpoint_id: checkpointId,
        undo_checkpoint_id: undo,
        restored: [],
        deleted: [],
        failed: [],
      };
      for (const [path, kept] of state) {
        try {
          // The place may have become a link since; protected places stay protected.
          if (await paths.isProtected(await paths.resolve(path, '/'))) throw new Error('protected');
          await addFile(undo, path, await keep(path));
          const how = await putBack(path, kept);
          result[how].push(path);
        } catch {
          result.failed.push({ path, reason: 'could not be restored' });
        }
      }
      return result;
    },
  };
};
