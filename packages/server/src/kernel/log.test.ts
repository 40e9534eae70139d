import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from './log.ts';

const capture = (options: LogOptions = {}) => {
  const lines: string[] = [];
  const log = createLog({
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
    ...options,
  });
  return { log, lines };
};
const secret = 'hunter2"hunter2\\/ü';

describe('log', () => {
  it('writes one JSON object per line', () => {
    const { log, lines } = capture();
    log.child({ part: 'x' }).warn({ count: 1 }, 'a message\n{"level":"error","forged":true}');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.match(/\n/g)).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      part: 'x',
      count: 1,
      message: 'a message\n{"level":"error","forged":true}',
    });
  });

  it.each([
    [{ authorization: secret }],
    [{ request: { headers: { 'x-api-key': secret, cookie: secret } } }],
    [{ a: { b: { c: { token: secret } } } }],
    [{ password: secret, api_key: secret, key: secret }],
  ])('hides values under telling names: %j', (fields) => {
    const { log, lines } = capture();
    log.info(fields, 'x');
    expect(lines.join()).not.toContain('hunter2');
  });

  it('removes known secrets wherever they are, as they are and as JSON or a URL writes them', () => {
    const { log, lines } = capture({ secrets: [secret, 'short'] });
    log.error(
      { err: new Error(`failed with ${secret}`, { cause: new Error(secret) }), list: [secret] },
      `said ${secret}`,
    );
    log.info(`https://host/?k=${encodeURIComponent(secret)} stays short`);
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).toContain('stays short');
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('removes what is shaped like a key', () => {
    const { log, lines } = capture();
    log.info(`ak_${'a'.repeat(43)} and sk-ant-api03-${'b'.repeat(30)}`);
    expect(lines.join()).not.toMatch(/aaaa|bbbb/);
  });

  it('is quiet below its level', () => {
    const { log, lines } = capture({ level: 'warn' });
    log.info('x');
    log.debug('x');
    expect(lines).toEqual([]);
  });
});
