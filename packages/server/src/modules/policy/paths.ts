/**
 * Paths, resolved the way the operating system will: `~`, `..` and links are followed before anything is compared, so
 * that no spelling gets around a rule. Rules: cases 25, 26 and 55 of the security requirements.
 */
import { realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';

export interface PathGuard {
  /** The real absolute path; for what does not exist yet, the real path of its nearest existing parent plus the rest. */
  resolve(path: string, cwd: string): Promise<string>;
  inRoots(real: string, extraRoots: readonly string[]): Promise<boolean>;
  /** Standing authority: no run writes here, whatever it may do otherwise. */
  isProtected(real: string): Promise<boolean>;
  /** Secrets of the server and of the person: no run reads here through a file tool. */
  isSecret(real: string): Promise<boolean>;
  /** Names of protected places, for a look at shell commands. */
  mentions(command: string): boolean;
}

export interface PathGuardDeps {
  home: string;
  configDir: string;
  dataDir: string;
  /** Lies inside `dataDir` by default, and is where runs work. */
  workspace: string;
  roots: readonly string[];
}

const realOrParent = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realOrParent(parent), basename(path));
  }
};

const inside = (root: string, path: string): boolean => {
  const way = relative(root, path);
  return way === '' || (!way.startsWith(`..${sep}`) && way !== '..' && !isAbsolute(way));
};

const someAsync = async (roots: readonly string[], path: string): Promise<boolean> => {
  for (const root of roots) if (inside(await realOrParent(root), path)) return true;
  return false;
};

export const createPathGuard = (deps: PathGuardDeps): PathGuard => {
  const { home, configDir, dataDir, workspace, roots } = deps;
  const secretFolders = [dataDir, join(home, '.ssh'), join(home, '.gnupg'), join(home, '.claude', '.credentials.json')];
  const protectedFolders = [
    ...secretFolders,
    configDir,
    join(home, '.claude'),
    join(home, '.bashrc'),
    join(home, '.profile'),
    join(home, '.bash_profile'),
    join(home, '.zshrc'),
    join(home, '.config', 'systemd'),
    '/etc',
    '/proc',
    '/sys',
  ];
  const settingsFile =
    /(^|[\\/])(\.mcp\.json|\.claude[\\/](settings(\.local)?\.json|agents|commands|skills|hooks))([\\/]|$)/;
  const inWorkspace = async (real: string): Promise<boolean> => inside(await realOrParent(workspace), real);
  const spellings = [dataDir, configDir, '/.ssh', '.gnupg', '.credentials.json', 'hearth.db'];

  return {
    resolve(path, cwd) {
      const expanded = path === '~' || path.startsWith('~/') ? join(home, path.slice(1)) : path;
      return realOrParent(resolve(cwd, expanded));
    },
    inRoots: (real, extraRoots) => someAsync([...roots, ...extraRoots], real),
    async isProtected(real) {
      if (settingsFile.test(real)) return true;
      return !(await inWorkspace(real)) && (await someAsync(protectedFolders, real));
    },
    async isSecret(real) {
      if (/^\/proc\/(self|\d+)\/(environ|mem|cmdline)$/.test(real)) return true;
      return !(await inWorkspace(real)) && (await someAsync(secretFolders, real));
    },
    mentions: (command) => spellings.some((spelling) => command.includes(spelling)) && !command.includes(workspace),
  };
};
