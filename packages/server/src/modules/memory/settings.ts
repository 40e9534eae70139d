/** What an owner has decided about their memory. */
import { type MemorySettings, memorySettingsSchema } from '@hearth/contract';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { tryParseJson } from '../../kernel/json.ts';

type Choices = Omit<MemorySettings, 'keeps_graph'>;

export const defaultSettings: Choices = { enabled: true, pii_mode: 'flag', retention: {}, enable_graph: true };
const savedShape = memorySettingsSchema.omit({ keeps_graph: true }).partial();

export interface MemorySettingsStore {
  get(ownerId: string): Promise<MemorySettings>;
  update(ownerId: string, change: Partial<Choices>): Promise<MemorySettings>;
  /** Owners that let memories go by themselves. */
  withRetention(): Promise<{ ownerId: string; retention: MemorySettings['retention'] }[]>;
}

export interface MemorySettingsDeps {
  db: Db;
  clock: Clock;
  /** Of the engine. */
  keepsGraph: boolean;
}

export const createMemorySettings = ({ db, clock, keepsGraph }: MemorySettingsDeps): MemorySettingsStore => {
  const read = (text: string | undefined): MemorySettings => {
    const saved = text === undefined ? undefined : tryParseJson(savedShape, text);
    return { ...defaultSettings, ...saved, keeps_graph: keepsGraph };
  };
  const get = async (ownerId: string): Promise<MemorySettings> => {
    const rows = db.kysely.selectFrom('memory_settings').where('owner_id', '=', ownerId).select('settings');
    return read((await rows.executeTakeFirst())?.settings);
  };
  return {
    get,
    async update(ownerId, change) {
      const next = { ...(await get(ownerId)), ...change };
      const row = { settings: JSON.stringify(next), updated_at: clock.now().toISOString() };
      await db.kysely
        .insertInto('memory_settings')
        .values({ owner_id: ownerId, ...row })
        .onConflict((conflict) => conflict.column('owner_id').doUpdateSet(row))
        .execute();
      return next;
    },
    async withRetention() {
      const rows = await db.kysely.selectFrom('memory_settings').selectAll().execute();
      return rows
        .map(({ owner_id, settings }) => ({ ownerId: owner_id, retention: read(settings).retention }))
        .filter(({ retention }) => Object.keys(retention).length > 0);
    },
  };
};
