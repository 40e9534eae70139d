/** Image and compose file, read as a careful operator would: pinned, checked, not root, nothing open by accident. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '../packages/server/src/config.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const serviceShape = z.looseObject({
  image: z.string(),
  profiles: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  depends_on: z.record(z.string(), z.object({ condition: z.string(), required: z.boolean() })).default({}),
  healthcheck: z.looseObject({
    test: z.array(z.string()),
    interval: z.string(),
    timeout: z.string(),
    retries: z.number(),
  }),
  restart: z.literal('unless-stopped'),
});
const compose = z
  .object({ name: z.string(), services: z.record(z.string(), serviceShape), volumes: z.record(z.string(), z.null()) })
  .parse(parse(read('deploy/compose.yaml')));
const { services } = compose;
const parts = ['postgres', 'redis', 'qdrant', 'neo4j', 'embeddings', 'gotify'];

describe('deploy/compose.yaml', () => {
  it('starts the server alone, and the rest with the profile "full"', () => {
    expect(Object.keys(services).toSorted()).toEqual(['hearth', ...parts].toSorted());
    expect(services.hearth?.profiles).toEqual([]);
    for (const part of parts) expect(services[part]?.profiles).toEqual(['full']);
  });

  it('waits for the parts that are there, and for none that is not', () => {
    expect(Object.keys(services.hearth?.depends_on ?? {}).toSorted()).toEqual(parts.toSorted());
    for (const need of Object.values(services.hearth?.depends_on ?? {}))
      expect(need).toEqual({ condition: 'service_healthy', required: false });
  });

  it.each(Object.entries(services))(
    '%s is pinned, checked, and keeps its data in a volume that is declared',
    (_name, service) => {
      expect(service.image).toMatch(/:[\w.-]*\d+\.\d+[\w.-]*$/);
      expect(service.healthcheck.test.length).toBeGreaterThan(1);
      const named = service.volumes.map((volume) => volume.split(':')[0] ?? '');
      expect(named.length).toBeGreaterThan(0);
      for (const volume of named) expect(Object.keys(compose.volumes)).toContain(volume);
    },
  );

  it('opens one port, to this machine only unless asked', () => {
    for (const part of parts) expect(services[part]?.ports).toEqual([]);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the compose file's own notation
    expect(services.hearth?.ports).toEqual(['${HEARTH_BIND:-127.0.0.1}:${HEARTH_PORT:-54000}:54000']);
  });

  it('holds no secret of its own', () => {
    for (const { environment } of Object.values(services))
      for (const [name, value] of Object.entries(environment))
        if (/PASS|TOKEN|KEY|SECRET|AUTH/.test(name)) expect(value).toMatch(/^(\$\{[A-Z0-9_]+:-\w*\}\/?)+$/);
  });

  it('gives the server an environment it can start with, filled in or left empty', () => {
    const empty = Object.fromEntries(Object.keys(services.hearth?.environment ?? {}).map((name) => [name, '']));
    const config = loadConfig({ env: { ...empty, HEARTH_HOME: '/data' }, dotenvDir: null, home: '/data' });
    expect(config.database.kind).toBe('sqlite');
    expect(config.redis).toBeNull();
  });

  it('finds every value of full.env.example somewhere in the file', () => {
    const names = [...read('deploy/full.env.example').matchAll(/^([A-Z0-9_]+)=/gm)].map((match) => match[1] ?? '');
    const text = read('deploy/compose.yaml');
    for (const name of names) if (name !== 'COMPOSE_PROFILES') expect(text).toContain(`\${${name}:-`);
    expect(names).toContain('COMPOSE_PROFILES');
  });
});

describe('deploy/Dockerfile', () => {
  const text = read('deploy/Dockerfile');
  const stages = text.split(/^FROM /m).slice(1);

  it('stands on one pinned Node that the project can run on', () => {
    const bases = stages.map((stage) => /^(\S+)/.exec(stage)?.[1]);
    expect(new Set(bases)).toEqual(new Set([`node:${JSON.parse(read('package.json')).dependencies.node}-slim`]));
  });

  it('does not run as root, keeps data in a volume, and says whether it is alive', () => {
    const last = stages.at(-1) ?? '';
    expect(last).toMatch(/^USER node$/m);
    expect(last.indexOf('USER node')).toBeLessThan(last.indexOf('CMD ["node", "--max'));
    expect(last).toMatch(/^VOLUME \/data$/m);
    expect(last).toMatch(/^HEALTHCHECK .*\\\n.*\/livez/m);
    expect(last).toMatch(/HEARTH_HOME=\/data/);
  });

  it('copies only files that exist', () => {
    for (const [, path] of text.matchAll(/COPY --from=build \/app\/(\S+\.json) /g))
      expect(read(path ?? '')).toContain('"');
  });
});
