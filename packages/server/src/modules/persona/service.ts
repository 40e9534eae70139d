/** Reads, changes and renders the personas of owners. See `index.ts`. */
import type { DraftPersona, Persona, PersonaHistory, PersonaPreview, UpdatePersona } from '@hearth/contract';
import type { Db } from '../../db/index.ts';
import type { Clock } from '../../kernel/clock.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { createTurns } from '../../kernel/turns.ts';
import type { EventBus } from '../../ports/event-bus.ts';
import type { Audit } from '../audit/index.ts';
import { defaultPersona, type PersonaFields, sameFields, withChanges } from './fields.ts';
import { createPersonaFile, type FileContent } from './file.ts';
import { renderPersona, roughTokens } from './render.ts';
import { createPersonaStore, type PersonaVersion } from './store.ts';

/** Who changes a persona; null when it was edited by hand in the file. */
export interface PersonaEditor {
  keyId: string;
  ip: string | null;
}

export interface Personas {
  get(ownerId: string): Promise<Persona>;
  /** Fields that are left out stay as they are. CONFLICT when it is not at `if_version` any more. */
  update(ownerId: string, changes: UpdatePersona, by: PersonaEditor): Promise<Persona>;
  /** The text that chats would get; nothing is saved. */
  preview(ownerId: string, draft?: DraftPersona): Promise<PersonaPreview>;
  history(ownerId: string): Promise<PersonaHistory>;
  /** Makes an old version the newest. */
  revert(ownerId: string, version: number, by: PersonaEditor): Promise<Persona>;
  /** The text for the system prompt of a run; from memory while nothing has changed. */
  textOf(ownerId: string): Promise<string>;
  /** Hears of changes made by other replicas. */
  start(): Promise<void>;
  stop(): void;
}

export interface PersonasDeps {
  db: Db;
  bus: Pick<EventBus, 'send' | 'listen'>;
  clock: Clock;
  log: Log;
  audit: Pick<Audit, 'record'>;
  /** `persona.json`, where the first owner's persona is kept in it; null keeps all of them in the database. */
  file: string | null;
}

interface Current {
  fields: PersonaFields;
  version: PersonaVersion | null;
  problem: string | null;
  /** Of the file, where there is one. */
  mark: string | null;
}

const channel = 'persona';
/** Should the news of a change get lost between replicas, it is seen after this. */
const longestMemoryMs = 60_000;

const toPersona = ({ fields, version, problem }: Current): Persona => ({
  ...fields,
  is_default: version === null && problem === null,
  problem,
  version: version?.version ?? 0,
  created_at: version?.created_at ?? null,
  updated_at: version?.updated_at ?? null,
});

export const createPersonas = (deps: PersonasDeps): Personas => {
  const { bus, clock, log, audit } = deps;
  const store = createPersonaStore(deps.db);
  const file = deps.file === null ? null : createPersonaFile(deps.file);
  const inTurn = createTurns();
  const known = new Map<string, { text: string; mark: string | null; sinceMs: number }>();
  let fileOwner: string | null = null;
  /** Rises with each change, so that a text that was read before one is not remembered after it. */
  let changes = 0;
  let stopListening = (): void => {};

  const fileOf = async (ownerId: string): Promise<typeof file> => {
    if (file === null) return null;
    fileOwner ??= await store.firstOwner();
    return fileOwner === ownerId ? file : null;
  };

  const record = (ownerId: string, by: PersonaEditor | null, origin: string, { version }: PersonaVersion) =>
    audit.record({
      ownerId,
      keyId: by?.keyId ?? null,
      ip: by?.ip ?? null,
      action: 'persona.changed',
      outcome: 'ok',
      target: `version ${version}`,
      origin,
    });

  /** What was edited by hand becomes a version like any other. */
  const takeIn = async (ownerId: string, content: FileContent): Promise<Current> => {
    const newest = await store.newest(ownerId);
    const { mark } = content;
    if (content.state === 'damaged') {
      return { fields: defaultPersona, version: newest, problem: content.problem, mark };
    }
    if (content.state === 'missing' && newest === null) {
      return { fields: defaultPersona, version: null, problem: null, mark };
    }
    const fields = content.state === 'missing' ? defaultPersona : content.fields;
    if (newest !== null && sameFields(newest.fields, fields)) return { fields, version: newest, problem: null, mark };
    const at = content.state === 'missing' ? clock.now() : content.changedAt;
    const version = await store.add(ownerId, newest, fields, at.toISOString());
    await record(ownerId, null, 'file', version);
    return { fields, version, problem: null, mark };
  };

  const load = async (ownerId: string): Promise<Current> => {
    const own = await fileOf(ownerId);
    if (own !== null) return takeIn(ownerId, await own.read());
    const version = await store.newest(ownerId);
    return { fields: version?.fields ?? defaultPersona, version, problem: null, mark: null };
  };

  const current = (ownerId: string): Promise<Current> => inTurn(ownerId, () => load(ownerId));

  const forget = (ownerId: string): void => {
    changes += 1;
    known.delete(ownerId);
  };

  const announce = async (ownerId: string): Promise<void> => {
    forget(ownerId);
    await bus.send(channel, { owner_id: ownerId }).catch((error: unknown) => {
      log.warn({ err: error }, 'other servers could not be told of a changed persona; they see it in a minute');
    });
  };

  const save = async (
    ownerId: string,
    before: Current,
    next: { fields: PersonaFields; origin: string; by: PersonaEditor },
  ): Promise<Persona> => {
    if (before.problem !== null) {
      throw new AppError('CONFLICT', `${before.problem} Correct or remove the file first; it was not changed.`);
    }
    await (await fileOf(ownerId))?.write(next.fields, before.mark ?? '');
    const version = await store.add(ownerId, before.version, next.fields, clock.now().toISOString());
    await record(ownerId, next.by, next.origin, version);
    await announce(ownerId);
    return toPersona({ ...before, fields: next.fields, version });
  };

  const change = async (ownerId: string, wanted: UpdatePersona, by: PersonaEditor): Promise<Persona> => {
    const { if_version: expected, ...draft } = wanted;
    const before = await load(ownerId);
    const at = before.version?.version ?? 0;
    if (expected !== undefined && expected !== at) {
      const message = 'The persona has been changed since you loaded it. Load it again.';
      throw new AppError('CONFLICT', message, { details: { version: at } });
    }
    const fields = withChanges(before.fields, draft);
    const isNothing = Object.keys(draft).length === 0 || (before.version !== null && sameFields(before.fields, fields));
    if (isNothing && before.problem === null) return toPersona(before);
    return save(ownerId, before, { fields, origin: 'api', by });
  };

  const remembered = async (ownerId: string): Promise<string | null> => {
    const found = known.get(ownerId);
    if (found === undefined || clock.monotonicMs() - found.sinceMs > longestMemoryMs) return null;
    const own = await fileOf(ownerId);
    return own === null || (await own.mark()) === found.mark ? found.text : null;
  };

  return {
    get: async (ownerId) => toPersona(await current(ownerId)),
    update: (ownerId, wanted, by) => inTurn(ownerId, () => change(ownerId, wanted, by)),
    async preview(ownerId, draft = {}) {
      const text = renderPersona(withChanges((await current(ownerId)).fields, draft));
      return { text, tokens: roughTokens(text) };
    },
    async history(ownerId) {
      await current(ownerId);
      const versions = await store.kept(ownerId);
      return { versions: versions.map(({ fields, ...rest }) => ({ ...fields, ...rest })) };
    },
    revert: (ownerId, version, by) =>
      inTurn(ownerId, async () => {
        const before = await load(ownerId);
        const old = await store.byVersion(ownerId, version);
        if (old === null) throw new AppError('NOT_FOUND', 'There is no such version of the persona.');
        return save(ownerId, before, { fields: old.fields, origin: 'revert', by });
      }),
    async textOf(ownerId) {
      const text = await remembered(ownerId);
      if (text !== null) return text;
      const before = changes;
      const { fields, mark, problem } = await current(ownerId);
      if (problem !== null) log.warn({ problem }, 'the persona cannot be used; chats get the default one');
      const rendered = renderPersona(fields);
      if (changes === before) known.set(ownerId, { text: rendered, mark, sinceMs: clock.monotonicMs() });
      return rendered;
    },
    async start() {
      stopListening = await bus.listen(channel, ({ owner_id }) => {
        if (typeof owner_id === 'string') forget(owner_id);
      });
    },
    stop: () => stopListening(),
  };
};
