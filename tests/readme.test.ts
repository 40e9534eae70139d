/** The shell examples of the README, run as printed against a server with the demo model. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testKey } from './harness.ts';
import { type ServerProcess, spawnServer } from './processes.ts';

const run = promisify(execFile);
let server: ServerProcess;
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'hearth-readme-'));
  server = await spawnServer({ HOME: home, HEARTH_HOME: home, HEARTH_ADMIN_KEY: testKey, HEARTH_LOG_LEVEL: 'error' });
});
afterAll(async () => {
  await server.stop();
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
});

const examples = (): string[] => {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
  const section = readme.split('## Talk to it from anything')[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/```bash\n([\s\S]*?)```/g)].map(([, code = '']) => code);
};

describe('the README', () => {
  it('prints curl lines that work, from the first question to the changed key', async () => {
    const blocks = examples();
    expect(blocks).toHaveLength(7);
    const script = blocks.map((code, index) => `echo "=== ${index}"\n${code}`).join('\n');
    const { stdout } = await run('bash', ['-c', script], {
      env: { PATH: process.env.PATH, HEARTH: server.url, KEY: testKey },
      maxBuffer: 64 * 1024 * 1024,
    });
    const [, single = '', stream = '', more = '', stopped = '', later = '', approved = '', rotated = ''] =
      stdout.split(/=== \d\n/);
    expect(JSON.parse(single)).toMatchObject({ stop_reason: 'completed', demo: true, total_cost_usd: 0 });
    expect(stream).toContain('event: done');
    expect(more.match(/marmalade/g)?.length, 'both the session and its copy remember').toBeGreaterThanOrEqual(2);
    expect(stopped).toContain('"status":"interrupted"');
    expect(stopped).toContain('"reason":"interrupted"');
    expect(later).toContain('event: init');
    expect(approved).toContain('"status":"allowed"');
    expect(approved).toContain('restarting plex');
    expect(JSON.parse(rotated)).toMatchObject({ permissions: { admin: true } });
  });
});
