import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const filesUnder = (folder: string): string[] =>
  // The kind comes with the name: a file of a running process may be gone before a second look.
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
