/** `hearth config`: every variable as Hearth reads it, secrets masked, and the folders that follow from them. */
import { join } from 'node:path';
import { type Config, describeConfig, loadConfig } from '../config.ts';
import { type Io, renderTable } from './io.ts';

type Variable = ReturnType<typeof describeConfig>[number];

export const effectivePaths = ({ paths, database }: Config): Record<string, string> => ({
  configuration: paths.configDir,
  data: paths.dataDir,
  database: database.kind === 'sqlite' ? database.path : 'PostgreSQL (DATABASE_URL)',
  workspace: paths.workspace,
  backups: join(paths.dataDir, 'backups'),
  'also allowed': paths.allowedRoots.filter((root) => root !== paths.workspace).join(', ') || 'nothing more',
});

export const showConfig = (
  io: Io,
  options: { json: boolean },
  source: { config: Config; variables: Variable[] } = { config: loadConfig(), variables: describeConfig() },
): void => {
  const paths = effectivePaths(source.config);
  if (options.json) {
    const variables = Object.fromEntries(source.variables.map(({ name, value }) => [name, value]));
    io.out(JSON.stringify({ variables, paths }, null, 2));
    return;
  }
  io.out(renderTable(source.variables.map(({ name, value }) => [name, value === '' ? '-' : value])));
  io.out('');
  io.out(renderTable(Object.entries(paths)));
};
