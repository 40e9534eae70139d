/**
 * Arrows inside the server: main -> app -> {modules, adapters} -> {ports, db, kernel}, with http beside the modules.
 * A module meets another only through its index.ts. Tests are free here: they join what they test.
 */
import type { Problem } from './problem.ts';
import type { Target } from './resolve.ts';
import type { Import, SourceFile } from './source-file.ts';

const root = 'packages/server/src/';

/** Which layers each layer may import, besides itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  entry: ['app', 'config', 'modules', 'adapters', 'http', 'ports', 'db', 'kernel'],
  app: ['config', 'modules', 'adapters', 'http', 'ports', 'db', 'kernel'],
  modules: ['http', 'ports', 'db', 'kernel'],
  adapters: ['ports', 'db', 'kernel'],
  http: ['ports', 'db', 'kernel'],
  ports: ['db', 'kernel'],
  db: ['ports', 'kernel'],
  kernel: ['ports', 'db'],
  config: ['kernel'],
};

/** The layer of a file, or nothing when it is outside the server's sources. */
export const layerOf = (path: string): string | undefined => {
  if (!path.startsWith(root)) return undefined;
  const rest = path.slice(root.length);
  // The API document joins every module's routes, as the application does.
  if (/^app(\.ts$|\/)/.test(rest) || rest === 'http/openapi-document.ts') return 'app';
  if (/^config(\.ts$|\/)/.test(rest)) return 'config';
  const [folder = ''] = rest.split('/');
  return ['modules', 'adapters', 'http', 'ports', 'db', 'kernel'].includes(folder) ? folder : 'entry';
};

const moduleOf = (path: string): string | undefined => /\/src\/modules\/([^/]+)\//.exec(path)?.[1];
const isRoutes = (path: string): boolean => /(^|\/)[^/]*routes[^/]*(\.ts$|\/)/.test(path.slice(root.length));

const betweenModules = (from: string, to: string): string | undefined => {
  const target = moduleOf(to);
  if (target === moduleOf(from) || target === undefined) return undefined;
  if (to === `${root}modules/${target}/index.ts`) return undefined;
  return `module ${moduleOf(from)} must reach module ${target} through its index.ts`;
};

const judge = (file: SourceFile, used: Import, to: string): string | undefined => {
  const fromLayer = layerOf(file.path);
  const toLayer = layerOf(to);
  if (fromLayer === undefined || toLayer === undefined) return undefined;
  if (fromLayer === toLayer) return fromLayer === 'modules' ? betweenModules(file.path, to) : undefined;
  // Types of the configuration describe what a factory is given; reading it stays with main and app.
  if (toLayer === 'config' && used.kind === 'type') return undefined;
  if (!allowed[fromLayer]?.includes(toLayer)) return `${fromLayer} must not import ${toLayer}`;
  if (fromLayer === 'modules' && toLayer === 'http' && !isRoutes(file.path)) {
    return 'only the routes of a module may import http';
  }
  return undefined;
};

export const checkServerArrow = (file: SourceFile, used: Import, target: Target): Problem | undefined => {
  if (file.isTest || target.path === undefined) return undefined;
  const message = judge(file, used, target.path);
  return message === undefined ? undefined : { path: file.path, line: used.line, message };
};
