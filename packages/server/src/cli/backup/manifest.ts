/**
 * The first file of a backup: what it is, which schema it has, and every other file with its size and SHA-256. Reading
 * trusts nothing beyond this list, and this list only within the rules below.
 */
import { z } from 'zod';

export const manifestName = 'manifest.json';
export const largestManifest = 64 * 1024 * 1024;

/** Where the files of a backup come from and go to. */
export const areas = ['database', 'data', 'config', 'workspace'] as const;
export type Area = (typeof areas)[number];

/** The snapshot of the database, by kind. */
export const databaseFile = { sqlite: 'database/hearth.db', postgres: 'database/hearth.dump' } as const;

const isSafePart = (part: string): boolean => part !== '' && part !== '.' && part !== '..';

/** Relative, below one of the areas, with no way up and no way out. */
export const isSafePath = (path: string): boolean => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
  if (path.length > 4_096 || /[\u0000-\u001f\\]/.test(path)) return false;
  const parts = path.split('/');
  return parts.length >= 2 && parts.every(isSafePart) && areas.some((area) => area === parts[0]);
};

export const areaOf = (path: string): Area | undefined => areas.find((area) => path.startsWith(`${area}/`));

const fileSchema = z.strictObject({
  path: z.string().refine(isSafePath, 'is not a path a backup may hold'),
  size: z.number().int().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  mode: z.number().int().min(0).max(0o777),
});
export type BackupFile = z.infer<typeof fileSchema>;

export const manifestSchema = z
  .object({
    format: z.literal('hearth-backup'),
    format_version: z.literal(1),
    version: z.string().max(100),
    created_at: z.iso.datetime(),
    kind: z.enum(['sqlite', 'postgres']),
    migrations: z.array(z.string().max(200)),
    files: z.array(fileSchema),
  })
  .refine(({ files }) => new Set(files.map((file) => file.path)).size === files.length, 'a file is listed twice')
  .refine(({ kind, files }) => files.some((file) => file.path === databaseFile[kind]), 'the database is missing');
export type Manifest = z.infer<typeof manifestSchema>;

export const totalBytes = ({ files }: Pick<Manifest, 'files'>): number =>
  files.reduce((sum, file) => sum + file.size, 0);
