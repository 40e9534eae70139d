/** The ground: owners and keys, sessions and runs, approvals, events, audit, checkpoints. Columns: see `../schema.ts`. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { DatabaseKind } from '../options.ts';

type Schema = Kysely<unknown>['schema'];

const createIdentity = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('owners')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await schema
    .createTable('api_keys')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('key_hash', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('hint', 'text', (c) => c.notNull())
    .addColumn('permissions', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('last_used_at', 'text')
    .addColumn('expires_at', 'text')
    .addColumn('revoked_at', 'text')
    .execute();
  await schema.createIndex('api_keys_by_owner').on('api_keys').columns(['owner_id', 'created_at']).execute();
  await schema
    .createTable('web_sessions')
    .addColumn('token_hash', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('key_id', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .addColumn('last_seen_at', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('web_sessions_by_key').on('web_sessions').column('key_id').execute();
  await schema.createIndex('web_sessions_by_expiry').on('web_sessions').column('expires_at').execute();
};

const createSessions = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('sessions')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('title', 'text')
    .addColumn('title_source', 'text', (c) => c.notNull().defaultTo('none'))
    .addColumn('model', 'text')
    .addColumn('mode', 'text', (c) => c.notNull())
    .addColumn('permission_mode', 'text', (c) => c.notNull())
    .addColumn('project_id', 'text')
    .addColumn('tags', 'text', (c) => c.notNull().defaultTo('[]'))
    .addColumn('archived', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('pinned', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('cwd', 'text')
    .addColumn('parent_session_id', 'text')
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('agent_session_id', 'text')
    .addColumn('next_message_no', 'integer', (c) => c.notNull().defaultTo(1))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('last_message_at', 'text')
    .addColumn('last_message', 'text')
    .addColumn('total_turns', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('total_cost_usd', 'double precision', (c) => c.notNull().defaultTo(0))
    .addColumn('usage', 'text', (c) => c.notNull())
    .addColumn('deleted_at', 'text')
    .execute();
  await schema
    .createIndex('sessions_by_recency')
    .on('sessions')
    .columns(['owner_id', 'deleted_at', 'pinned', 'last_message_at'])
    .execute();
  await schema.createIndex('sessions_by_parent').on('sessions').columns(['owner_id', 'parent_session_id']).execute();
  await schema.createIndex('sessions_by_agent_session').on('sessions').column('agent_session_id').execute();
};

const createMessages = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('messages')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('session_id', 'text', (c) => c.notNull().references('sessions.id').onDelete('cascade'))
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('run_id', 'text')
    .addColumn('no', 'integer', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('content', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('model', 'text')
    .addColumn('usage', 'text')
    .addColumn('parent_tool_use_id', 'text')
    .addColumn('client_message_id', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('messages_no_in_session', ['session_id', 'no'])
    .execute();
  await schema.createIndex('messages_by_run').on('messages').column('run_id').execute();
};

const createRuns = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('runs')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('key_id', 'text', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('client_message_id', 'text')
    .addColumn('request', 'text', (c) => c.notNull())
    .addColumn('instance_id', 'text')
    .addColumn('lease_until', 'text')
    .addColumn('agent_session_id', 'text')
    .addColumn('draft', 'text')
    .addColumn('result', 'text')
    .addColumn('error', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('started_at', 'text')
    .addColumn('ended_at', 'text')
    .execute();
  await schema
    .createIndex('runs_once_per_client_message')
    .unique()
    .on('runs')
    .columns(['owner_id', 'client_message_id'])
    .where(sql.ref('client_message_id'), 'is not', null)
    .execute();
  await schema.createIndex('runs_by_session').on('runs').columns(['session_id', 'status']).execute();
  await schema.createIndex('runs_by_lease').on('runs').columns(['status', 'lease_until']).execute();
};

const createTranscripts = async (schema: Schema, kind: DatabaseKind): Promise<void> => {
  const table = schema.createTable('transcript_entries');
  const withId =
    kind === 'sqlite'
      ? table.addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      : table.addColumn('id', 'bigserial', (c) => c.primaryKey());
  await withId
    .addColumn('agent_session_id', 'text', (c) => c.notNull())
    .addColumn('subpath', 'text', (c) => c.notNull().defaultTo(''))
    .addColumn('uuid', 'text')
    .addColumn('entry', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('transcript_entries_once', ['agent_session_id', 'subpath', 'uuid'])
    .execute();
  await schema
    .createIndex('transcript_entries_in_order')
    .on('transcript_entries')
    .columns(['agent_session_id', 'subpath', 'id'])
    .execute();
};

const createApprovals = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('approvals')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('run_id', 'text', (c) => c.notNull())
    .addColumn('tool_use_id', 'text', (c) => c.notNull())
    .addColumn('kind', 'text', (c) => c.notNull())
    .addColumn('tool', 'text', (c) => c.notNull())
    .addColumn('title', 'text', (c) => c.notNull())
    .addColumn('input', 'text', (c) => c.notNull())
    .addColumn('input_hash', 'text', (c) => c.notNull())
    .addColumn('edited_input', 'text')
    .addColumn('answer', 'text')
    .addColumn('risk', 'text', (c) => c.notNull())
    .addColumn('risk_reason', 'text', (c) => c.notNull())
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('cwd', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .addColumn('decided_at', 'text')
    .addColumn('decided_by', 'text')
    .addColumn('consumed_at', 'text')
    .addUniqueConstraint('approvals_once_per_tool_use', ['run_id', 'tool_use_id'])
    .execute();
  await schema
    .createIndex('approvals_by_owner')
    .on('approvals')
    .columns(['owner_id', 'status', 'created_at'])
    .execute();
  await schema.createIndex('approvals_by_session').on('approvals').columns(['session_id', 'status']).execute();
  await schema.createIndex('approvals_by_expiry').on('approvals').columns(['status', 'expires_at']).execute();
  await schema
    .createTable('tool_rules')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('tool', 'text', (c) => c.notNull())
    .addColumn('input', 'text', (c) => c.notNull())
    .addColumn('input_hash', 'text', (c) => c.notNull())
    .addColumn('cwd', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('last_used_at', 'text')
    .addColumn('revoked_at', 'text')
    .execute();
  await schema
    .createIndex('tool_rules_by_input')
    .on('tool_rules')
    .columns(['owner_id', 'tool', 'input_hash'])
    .execute();
};

const createEvents = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('events')
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('seq', 'bigint', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text')
    .addColumn('run_id', 'text')
    .addColumn('data', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('events_pk', ['owner_id', 'seq'])
    .execute();
  await schema.createIndex('events_by_session').on('events').columns(['owner_id', 'session_id', 'seq']).execute();
  await schema.createIndex('events_by_run').on('events').columns(['run_id', 'seq']).execute();
  await schema.createIndex('events_by_age').on('events').column('created_at').execute();
  await schema
    .createTable('event_counters')
    .addColumn('owner_id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('reserved', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('pruned_through', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute();
};

const createAudit = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('audit')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text')
    .addColumn('key_id', 'text')
    .addColumn('ip', 'text')
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('code', 'text')
    .addColumn('target', 'text')
    .addColumn('origin', 'text')
    .addColumn('session_id', 'text')
    .addColumn('run_id', 'text')
    .addColumn('detail', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('audit_by_owner').on('audit').columns(['owner_id', 'created_at']).execute();
  await schema.createIndex('audit_by_age').on('audit').column('created_at').execute();
};

const createCheckpoints = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('checkpoints')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('session_id', 'text', (c) => c.notNull())
    .addColumn('run_id', 'text', (c) => c.notNull())
    .addColumn('label', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute();
  await schema
    .createIndex('checkpoints_by_session')
    .on('checkpoints')
    .columns(['owner_id', 'session_id', 'created_at'])
    .execute();
  await schema
    .createTable('checkpoint_files')
    .addColumn('checkpoint_id', 'text', (c) => c.notNull().references('checkpoints.id').onDelete('cascade'))
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('blob', 'text')
    .addColumn('mode', 'integer')
    .addPrimaryKeyConstraint('checkpoint_files_pk', ['checkpoint_id', 'path'])
    .execute();
};

const createOperations = async (schema: Schema): Promise<void> => {
  await schema
    .createTable('idempotency')
    .addColumn('owner_id', 'text', (c) => c.notNull())
    .addColumn('route', 'text', (c) => c.notNull())
    .addColumn('key', 'text', (c) => c.notNull())
    .addColumn('request_hash', 'text', (c) => c.notNull())
    .addColumn('status', 'integer')
    .addColumn('body', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('idempotency_pk', ['owner_id', 'route', 'key'])
    .execute();
  await schema.createIndex('idempotency_by_age').on('idempotency').column('created_at').execute();
  await schema
    .createTable('instances')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('started_at', 'text', (c) => c.notNull())
    .addColumn('seen_at', 'text', (c) => c.notNull())
    .addColumn('hostname', 'text', (c) => c.notNull())
    .execute();
};

export const ground = (kind: DatabaseKind): Migration => ({
  up: async (db) => {
    await createIdentity(db.schema);
    await createSessions(db.schema);
    await createMessages(db.schema);
    await createRuns(db.schema);
    await createTranscripts(db.schema, kind);
    await createApprovals(db.schema);
    await createEvents(db.schema);
    await createAudit(db.schema);
    await createCheckpoints(db.schema);
    await createOperations(db.schema);
  },
});
