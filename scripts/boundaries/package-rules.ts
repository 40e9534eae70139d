/**
 * Arrows between packages: contract <- runtime, client, server; runtime <- server; client <- web. They hold for tests
 * too, with one exception: every test may use the stand-in model, which exists for that.
 */
import type { Problem } from './problem.ts';
import { packageOf, type Target } from './resolve.ts';
import type { Import, SourceFile } from './source-file.ts';

/** Which of our packages each package may import. A package that is not named here may import none. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  contract: [],
  runtime: ['contract'],
  'stand-in': [],
  client: ['contract'],
  server: ['contract', 'runtime', 'stand-in', 'client'],
  web: ['contract', 'client'],
  synapse: ['contract'],
};

const isCli = (path: string): boolean => /^packages\/server\/src\/cli(\.ts$|\/)/.test(path);

const ownRules = (file: SourceFile, used: Import, target: Target): string | undefined => {
  const from = packageOf(file.path);
  if (from === 'contract' && target.external !== undefined && target.external !== 'zod' && !file.isTest) {
    return `contract imports only zod, not ${target.external}`;
  }
  if (from === 'client' && !file.isTest && target.packageName === 'contract' && used.kind !== 'type') {
    return 'client takes only types from contract: write `import type`';
  }
  if (from === 'client' && !file.isTest && target.external?.startsWith('node:')) {
    return `client runs in browsers and cannot import ${target.external}`;
  }
  if (from === 'server' && target.packageName === 'client' && !isCli(file.path) && !file.isTest) {
    return 'only the command line may use the client inside the server';
  }
  return undefined;
};

const crossing = (file: SourceFile, used: Import, target: Target): string | undefined => {
  const from = packageOf(file.path);
  const to = target.packageName;
  if (from === undefined || to === undefined || from === to) return undefined;
  if (used.specifier.startsWith('.')) return `reaches into packages/${to}: import @hearth/${to} instead`;
  if (file.isTest && to === 'stand-in') return undefined;
  return allowed[from]?.includes(to) ? undefined : `${from} must not import ${to}`;
};

export const checkPackageArrow = (file: SourceFile, used: Import, target: Target): Problem | undefined => {
  const message = crossing(file, used, target) ?? ownRules(file, used, target);
  return message === undefined ? undefined : { path: file.path, line: used.line, message };
};
