/** Personas in the database and in the file, on both engines. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createMemoryEventBus } from '../../adapters/event-bus/memory.ts';
import { eachEngine } from '../../db/test-db.ts';
import { createFakeClock } from '../../kernel/fake-clock.ts';
import { silentLog } from '../../kernel/log.ts';
import { createAudit } from '../audit/index.ts';
import { createReserve } from '../events/index.ts';
import { createPersonas, defaultPersonaText } from './index.ts';

const by = { keyId: 'k', ip: '::1' };
const query = { page: 1, page_size: 50 };

eachEngine('personas', (engine) => {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  const make = async (inFile = false) => {
    const db = await engine.makeDb();
    const clock = createFakeClock();
    const folder = mkdtempSync(join(tmpdir(), 'hearth-persona-'));
    folders.push(folder);
    const path = join(folder, 'config', 'persona.json');
    const created_at = clock.now().toISOString();
    await db.kysely.insertInto('owners').values({ id: 'ann', name: 'Ann', created_at }).execute();
    const bus = createMemoryEventBus({ reserve: createReserve(db), clock, log: silentLog });
    const audit = createAudit({ db, clock });
    const open = () => createPersonas({ db, bus, clock, log: silentLog, audit, file: inFile ? path : null });
    const personas = open();
    await personas.start();
    const write = (text: string): void => writeFileSync(path, text);
    const inTheFile = (): Record<string, unknown> => JSON.parse(readFileSync(path, 'utf8'));
    return { db, clock, audit, personas, path, open, write, inTheFile };
  };

  for (const inFile of [false, true]) {
    const where = inFile ? 'in the file' : 'in the database';

    it(`${where}: is the default one until something is set, and changes only what it is told`, async () => {
      const { personas, audit } = await make(inFile);
      expect(await personas.get('ann')).toMatchObject({
        name: 'Hearth',
        is_default: true,
        version: 0,
        updated_at: null,
      });
      const named = await personas.update('ann', { name: 'Jarvis', if_version: 0 }, by);
      expect(named).toMatchObject({
        name: 'Jarvis',
        verbosity: 'balanced',
        is_default: false,
        version: 1,
        problem: null,
      });
      await personas.update('ann', { verbosity: 'detailed', personality: ' ' }, by);
      const now = await personas.get('ann');
      expect(now).toMatchObject({ name: 'Jarvis', verbosity: 'detailed', personality: null, version: 2 });
      expect(await personas.update('ann', { name: 'Jarvis' }, by)).toEqual(now);
      expect(await personas.update('ann', {}, by)).toEqual(now);
      expect(await personas.get('bob')).toMatchObject({ is_default: true, version: 0 });
      const { entries } = await audit.list('ann', query);
      expect(entries.map(({ action, key_id, target }) => [action, key_id, target]).sort()).toEqual([
        ['persona.changed', 'k', 'version 1'],
        ['persona.changed', 'k', 'version 2'],
      ]);
    });

    it(`${where}: overwrites nothing unseen`, async () => {
      const { personas } = await make(inFile);
      await personas.update('ann', { name: 'A' }, by);
      const stale = personas.update('ann', { name: 'B', if_version: 0 }, by);
      await expect(stale).rejects.toMatchObject({ code: 'CONFLICT', details: { version: 1 } });
      const both = ['C', 'D'].map((name) => personas.update('ann', { name, if_version: 1 }, by));
      const ended = await Promise.allSettled(both);
      expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await personas.get('ann')).toMatchObject({ version: 2 });
    });

    it(`${where}: keeps twenty versions and goes back to one as a new one`, async () => {
      const { personas } = await make(inFile);
      for (let n = 1; n <= 25; n += 1) await personas.update('ann', { name: `N${n}` }, by);
      const { versions } = await personas.history('ann');
      expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: 20 }, (_, n) => 25 - n));
      expect(await personas.revert('ann', 10, by)).toMatchObject({ name: 'N10', version: 26 });
      await expect(personas.revert('ann', 5, by)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(personas.revert('bob', 20, by)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it(`${where}: shows a draft without saving it, and gives runs the newest text`, async () => {
      const { personas } = await make(inFile);
      expect(await personas.textOf('ann')).toBe(defaultPersonaText);
      const preview = await personas.preview('ann', { name: 'Friday' });
      expect(preview.text).toContain('You are Friday,');
      expect(preview.tokens).toBe(Math.ceil(preview.text.length / 4));
      expect(await personas.get('ann')).toMatchObject({ is_default: true });
      await personas.update('ann', { name: 'Jarvis' }, by);
      expect(await personas.textOf('ann')).toBe((await personas.preview('ann')).text);
      expect(await personas.textOf('ann')).toContain('You are Jarvis,');
      expect(await personas.textOf('bob')).toBe(defaultPersonaText);
    });
  }

  it('an unchanged persona asks the database nothing', async () => {
    const { personas, db } = await make();
    const text = await personas.textOf('ann');
    await db.kysely.schema.dropTable('persona_versions').execute();
    expect(await personas.textOf('ann')).toBe(text);
    await expect(personas.textOf('bob')).rejects.toThrow();
  });

  it('another server process hears of a change', async () => {
    const { personas, open } = await make();
    const other = open();
    await other.start();
    expect(await other.textOf('ann')).toBe(defaultPersonaText);
    await personas.update('ann', { name: 'Jarvis' }, by);
    expect(await other.textOf('ann')).toContain('Jarvis');
    other.stop();
  });

  it('should the news of a change get lost, it is seen after a minute', async () => {
    const { personas, open, clock } = await make();
    const deaf = open();
    expect(await deaf.textOf('ann')).toBe(defaultPersonaText);
    await personas.update('ann', { name: 'Jarvis' }, by);
    clock.advance(60_001);
    expect(await deaf.textOf('ann')).toContain('Jarvis');
  });

  it('the file is written whole, for the owner of the server alone, and is the first owner’s', async () => {
    const { personas, path, inTheFile } = await make(true);
    await personas.update('bob', { name: 'Bobs' }, by);
    expect(existsSync(path)).toBe(false);
    await personas.update('ann', { name: 'Jarvis' }, by);
    expect(inTheFile()).toMatchObject({ name: 'Jarvis', use_emoji: false, expertise_areas: [] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['persona.json']);
    expect(await personas.get('bob')).toMatchObject({ name: 'Bobs', version: 1 });
  });

  it('an edit by hand is seen by the next run and becomes a version', async () => {
    const { personas, audit, write } = await make(true);
    await personas.update('ann', { name: 'Jarvis' }, by);
    await personas.textOf('ann');
    write('\uFEFF{ "name": "Friday", "formality": "casual" }');
    expect(await personas.textOf('ann')).toContain('You are Friday,');
    expect(await personas.get('ann')).toMatchObject({ name: 'Friday', formality: 'casual', version: 2, problem: null });
    const { versions } = await personas.history('ann');
    expect(versions.map(({ name }) => name)).toEqual(['Friday', 'Jarvis']);
    const { entries } = await audit.list('ann', query);
    expect(entries.filter(({ origin }) => origin === 'file')).toMatchObject([{ key_id: null, target: 'version 2' }]);
    // The same in other words is no change.
    write('{"formality":"casual","name":"Friday"}');
    expect(await personas.get('ann')).toMatchObject({ version: 2 });
  });

  it('a file that was there before the first start is the persona; one that is removed means the default', async () => {
    const { personas, path, write } = await make(true);
    await personas.update('ann', { name: 'x' }, by);
    rmSync(path);
    expect(await personas.get('ann')).toMatchObject({ name: 'Hearth', version: 2 });
    write('{"name":"Mine"}');
    expect(await personas.get('ann')).toMatchObject({ name: 'Mine', version: 3, is_default: false });
    expect((await personas.revert('ann', 1, by)).name).toBe('x');
  });

  it.each([
    ['{"name": "Jar', 'not valid JSON'],
    ['{"name": 7}', '(name)'],
    ['{"verbossity": "concise"}', 'verbossity'],
    ['[]', 'does not fit'],
    [`{"custom_instructions": "${'x'.repeat(300_000)}"}`, 'too large'],
  ])('a damaged file is named, not overwritten, and runs get the default: %.30s', async (text, problem) => {
    const { personas, path, write } = await make(true);
    await personas.update('ann', { name: 'Jarvis' }, by);
    write(text);
    const now = await personas.get('ann');
    expect(now).toMatchObject({ name: 'Hearth', is_default: false, version: 1 });
    expect(now.problem).toContain(problem);
    expect(now.problem).not.toContain(path);
    expect(await personas.textOf('ann')).toBe(defaultPersonaText);
    for (const change of [
      personas.update('ann', { name: 'X' }, by),
      personas.update('ann', {}, by),
      personas.revert('ann', 1, by),
    ])
      await expect(change).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('persona.json'),
      });
    expect(readFileSync(path, 'utf8')).toBe(text);
    write('{"name":"Repaired"}');
    expect(await personas.get('ann')).toMatchObject({ name: 'Repaired', problem: null, version: 2 });
    expect(await personas.textOf('ann')).toContain('Repaired');
  });

  it('a link stays a link, and a folder in the place of the file is named', async () => {
    const { personas, path } = await make(true);
    await personas.update('ann', { name: 'x' }, by);
    const target = `${path}.elsewhere`;
    writeFileSync(target, '{"name":"Linked"}');
    chmodSync(target, 0o644);
    rmSync(path);
    symlinkSync(target, path);
    expect(await personas.update('ann', { verbosity: 'concise' }, by)).toMatchObject({ name: 'Linked' });
    expect(readFileSync(target, 'utf8')).toContain('concise');
    rmSync(path);
    symlinkSync(join(path, '..'), path);
    expect((await personas.get('ann')).problem).toContain('not a file');
  });
});
