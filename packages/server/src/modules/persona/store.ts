/** Versions of personas in the database: the newest is what an owner has, the others are for going back. */
import type { Selectable } from 'kysely';
import { type Db, isUniqueViolation, type PersonaVersionsTable } from '../../db/index.ts';
import { AppError } from '../../kernel/errors.ts';
import { parseJson } from '../../kernel/json.ts';
import { type PersonaFields, personaFieldsSchema } from './fields.ts';

export interface PersonaVersion {
  version: number;
  fields: PersonaFields;
  created_at: string;
  updated_at: string;
}

export interface PersonaStore {
  newest(ownerId: string): Promise<PersonaVersion | null>;
  byVersion(ownerId: string, version: number): Promise<PersonaVersion | null>;
  /** Newest first. */
  kept(ownerId: string): Promise<PersonaVersion[]>;
  /** The version after `before`; CONFLICT when somebody else has made it. */
  add(ownerId: string, before: PersonaVersion | null, fields: PersonaFields, at: string): Promise<PersonaVersion>;
  /** Whom `persona.json` belongs to. */
  firstOwner(): Promise<string | null>;
}

const keptVersions = 20;

const toVersion = (row: Selectable<PersonaVersionsTable>): PersonaVersion => ({
  version: row.version,
  fields: parseJson(personaFieldsSchema, row.persona, 'persona'),
  created_at: row.created_at,
  updated_at: row.updated_at,
});

export const createPersonaStore = ({ kysely: db }: Pick<Db, 'kysely'>): PersonaStore => {
  const of = (ownerId: string) =>
    db.selectFrom('persona_versions').selectAll().where('owner_id', '=', ownerId).orderBy('version', 'desc');

  return {
    async newest(ownerId) {
      const row = await of(ownerId).limit(1).executeTakeFirst();
      return row ? toVersion(row) : null;
    },
    async byVersion(ownerId, version) {
      const row = await of(ownerId).where('version', '=', version).executeTakeFirst();
      return row ? toVersion(row) : null;
    },
    async kept(ownerId) {
      return (await of(ownerId).limit(keptVersions).execute()).map(toVersion);
    },
    async add(ownerId, before, fields, at) {
      const next = {
        version: (before?.version ?? 0) + 1,
        fields,
        created_at: before?.created_at ?? at,
        updated_at: at,
      };
      const { fields: persona, ...rest } = next;
      try {
        await db.transaction().execute(async (tx) => {
          await tx
            .insertInto('persona_versions')
            .values({ ...rest, owner_id: ownerId, persona: JSON.stringify(persona) })
            .execute();
          await tx
            .deleteFrom('persona_versions')
            .where('owner_id', '=', ownerId)
            .where('version', '<=', next.version - keptVersions)
            .execute();
        });
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        throw new AppError('CONFLICT', 'The persona was changed at the same moment. Load it again.', { cause: error });
      }
      return next;
    },
    async firstOwner() {
      const row = await db.selectFrom('owners').select('id').orderBy('created_at').limit(1).executeTakeFirst();
      return row?.id ?? null;
    },
  };
};
