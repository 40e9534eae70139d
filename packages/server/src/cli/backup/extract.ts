/**
 * Lays a backup out in side folders that did not exist before. Every file is made new and made durable; nothing is ever
 * written over, and the reader has made sure that no link and no way out of the folder can be among them.
 */
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError } from '../failure.ts';
import { requireRoom } from './disk.ts';
import { type Area, areaOf, type BackupFile, type Manifest, totalBytes } from './manifest.ts';
import { type ArchiveSink, readArchive } from './read-archive.ts';

export interface ExtractDeps {
  /** Free bytes of the disk a folder is on. */
  measure?: (folder: string) => Promise<number>;
  /** Decides, from the list of files, where they go; throws to refuse the backup. */
  place: (manifest: Manifest) => Record<Area, string>;
}

/** What is ours is ours alone; in the workspace, a program stays a program. */
const modeOf = (file: BackupFile): number => (areaOf(file.path) === 'workspace' ? (file.mode | 0o600) & 0o755 : 0o600);

const targetOf = (roots: Record<Area, string>, file: BackupFile): string => {
  const area = areaOf(file.path);
  if (area === undefined) throw new CliError('This backup cannot be used.', 'Take another backup file.');
  return join(roots[area], file.path.slice(area.length + 1));
};

export const extract = async (file: string, { place, measure }: ExtractDeps): Promise<Manifest> => {
  let roots: Record<Area, string> | undefined;
  const sink: ArchiveSink = {
    manifest: async (manifest) => {
      roots = place(manifest);
      await requireRoom(dirname(roots.data), totalBytes(manifest), measure);
    },
    file: async (entry, content) => {
      if (roots === undefined) return;
      const target = targetOf(roots, entry);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const handle = await open(target, 'wx', modeOf(entry));
      try {
        for await (const piece of content) await handle.writeFile(piece);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
  };
  return readArchive(file, sink);
};
