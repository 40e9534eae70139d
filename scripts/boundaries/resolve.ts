/**
 * Where an import leads: to a file of this repository, or to a package from outside. A workspace package counts as its
 * entry file, so that cycles through package names are found too.
 */
import { posix } from 'node:path';

export const scope = '@hearth/';

export interface Target {
  /** Package folder the target lives in, when it is one of ours. */
  packageName?: string;
  /** File of the repository, when there is one. */
  path?: string;
  /** Name of an outside package, or a `node:` module. */
  external?: string;
}

export const packageOf = (path: string): string | undefined => /^packages\/([^/]+)\//.exec(path)?.[1];

const externalName = (specifier: string): string => {
  const [first = '', second = ''] = specifier.split('/');
  return first.startsWith('@') ? `${first}/${second}` : first;
};

const candidates = (base: string): string[] => {
  const bare = base.replace(/\.[cm]?jsx?$/, '');
  return [base, `${bare}.ts`, `${bare}.tsx`, `${base}/index.ts`, `${base}/index.tsx`];
};

export const resolveImport = (from: string, specifier: string, known: ReadonlySet<string>): Target => {
  if (specifier.startsWith(scope)) {
    const packageName = specifier.slice(scope.length).split('/')[0] ?? '';
    const entry = `packages/${packageName}/src/index.ts`;
    return { packageName, path: known.has(entry) ? entry : undefined };
  }
  if (!specifier.startsWith('.')) return { external: externalName(specifier) };
  const base = posix.join(posix.dirname(from), specifier);
  const path = candidates(base).find((candidate) => known.has(candidate)) ?? base;
  return { packageName: packageOf(path), path };
};
