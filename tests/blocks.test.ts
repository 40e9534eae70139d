/** Readers on a phone: large blocks come cut, whole ones and pictures on demand, and what is stored is never cut. */
import { contentBlockSchema } from '@hearth/contract';
import type { Script } from '@hearth/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eachEngine } from '../packages/server/src/db/test-db.ts';
import { testKey } from './harness.ts';
import { databaseEnv } from './support/engines.ts';
import { field } from './support/events.ts';
import { errorOf, send } from './support/requests.ts';
import { startTalks, type Talks } from './support/talks.ts';

const large = `begin ${'ü'.repeat(2_500_000)} end`;
const png = Buffer.alloc(300_000, 7);
const gif = Buffer.alloc(5_000, 9);
const sdkImage = (media_type: string, bytes: Buffer) => ({
  type: 'image',
  source: { type: 'base64', media_type, data: bytes.toString('base64') },
});

const script: Script = ({ text }) => {
  const read = { use: 'Read', input: { file_path: 'a.txt' } };
  if (text === 'large') return [{ ...read, result: large }, { say: 'Read.' }];
  if (text === 'look')
    return [{ ...read, result: [sdkImage('image/gif', gif), sdkImage('image/svg+xml', gif)] }, { say: 'Seen.' }];
  return [{ say: 'Hello.' }];
};

const contentShape = z.array(contentBlockSchema);

eachEngine('blocks', (engine) => {
  let talks: Talks;
  beforeAll(async () => {
    talks = await startTalks({ script, env: await databaseEnv(engine) });
  });
  afterAll(() => talks.close());

  /** Says it, follows it with small blocks, and answers what was seen. */
  const talk = async (request: Parameters<Talks['client']['send']>[0]) => {
    const accepted = await talks.client.send(request);
    const follower = await talks.events(`?after=${accepted.seq}&max_block_bytes=2048`);
    await follower.next('done', (data) => data.run_id === accepted.run_id);
    follower.leave();
    const { messages } = await talks.client.sessions.messages(accepted.session_id, { max_block_bytes: 2048 });
    const told = follower.events
      .filter(({ type, data }) => type === 'message' && field(data, 'run_id') === accepted.run_id)
      .map(({ data }) => ({ id: field(data, 'uuid'), content: contentShape.parse(field(data, 'content')) }));
    return { session: accepted.session_id, messages, told };
  };

  it('of a tool that says 5 MB are cut alike in history and events, and are whole on demand', async () => {
    const { session, messages, told } = await talk({ prompt: 'large' });
    expect(told).toEqual(messages.map(({ id, content }) => ({ id, content })));
    const message = messages.find(({ content }) => content[0]?.type === 'tool_result');
    const [block] = message?.content ?? [];
    expect(block).toMatchObject({ truncated_bytes: Buffer.byteLength(large), is_error: false });
    const content = field(block, 'content');
    expect(Buffer.byteLength(String(content))).toBeLessThanOrEqual(2048);
    expect(large.startsWith(String(content))).toBe(true);
    const whole = await talks.client.sessions.block(session, message?.id ?? '', 0);
    expect(field(whole.block, 'content')).toBe(large);
    expect(whole.block).not.toHaveProperty('truncated_bytes');
    const uncut = await talks.client.sessions.messages(session);
    expect(JSON.stringify(uncut.messages)).toContain(large);
  });

  it('of pictures that a person sends are paths to the very bytes, to be kept for good', async () => {
    const images = [{ type: 'base64' as const, media_type: 'image/png' as const, data: png.toString('base64') }];
    const { messages, told } = await talk({ prompt: 'hello', images });
    expect(told[0]?.content).toEqual(messages[0]?.content);
    const [block] = messages[0]?.content ?? [];
    expect(block).toMatchObject({ type: 'image', media_type: 'image/png', source: 'url' });
    const response = await talks.fetch(String(field(block, 'data')));
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': 'inline',
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, max-age=31536000, immutable',
      'content-length': String(png.length),
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(png)).toBe(true);
  });

  it('of pictures that a tool shows are paths too; what is no picture is not served', async () => {
    const { session, messages, told } = await talk({ prompt: 'look' });
    const message = messages.find(({ content }) => content[0]?.type === 'tool_result');
    const path = `/api/v1/sessions/${session}/messages/${message?.id}/images`;
    expect(field(message?.content[0], 'content')).toEqual([
      { type: 'image', media_type: 'image/gif', source: 'url', data: `${path}/0` },
      { type: 'image', media_type: 'image/svg+xml', source: 'url', data: `${path}/1` },
    ]);
    expect(told.find(({ id }) => id === message?.id)?.content).toEqual(message?.content);
    const response = await talks.fetch(`${path}/0`);
    expect(response.headers.get('content-type')).toBe('image/gif');
    expect(Buffer.from(await response.arrayBuffer()).equals(gif)).toBe(true);
    for (const other of ['1', '2', '999999']) expect((await talks.fetch(`${path}/${other}`)).status).toBe(404);
  });

  it('can be opened in the moment they are told, before they are stored', async () => {
    const live = await talks.events('?max_block_bytes=2048');
    const accepted = await talks.client.send({ prompt: 'look' });
    const shown = await live.next(
      'message',
      (data) => data.run_id === accepted.run_id && JSON.stringify(data.content).includes('/images/0'),
    );
    const uuid = String(field(shown.data, 'uuid'));
    const { block } = await talks.client.sessions.block(accepted.session_id, uuid, 0);
    expect(block.type).toBe('tool_result');
    live.leave();
  });
});

describe('a block or size nobody has', () => {
  let talks: Talks;
  beforeAll(async () => {
    talks = await startTalks({ script });
  });
  afterAll(() => talks.close());

  it.each(['0', '1023', '1048577', '-1', '1e9', 'x', '', '2048.5'])(
    'max_block_bytes=%s is refused by name',
    async (size) => {
      const session = await talks.newSession();
      for (const path of [`/api/v1/sessions/${session}/messages`, '/api/v1/events']) {
        const answer = await talks.fetch(`${path}?max_block_bytes=${size}`);
        expect(answer.status, path).toBe(422);
        expect(errorOf({ text: await answer.text() }).message).toContain('max_block_bytes');
      }
    },
  );

  it('is 404; an odd number is refused', async () => {
    const { session_id, message_id } = await talks.client.send({ prompt: 'hello' });
    const base = `/api/v1/sessions/${session_id}/messages/${message_id}`;
    for (const path of ['blocks/1', 'images/0', 'blocks/999999'])
      expect((await talks.fetch(`${base}/${path}`)).status, path).toBe(404);
    for (const index of ['-1', 'x', '1.5', '1e1', '%20', '0x1', '9999999', '1%00']) {
      const answer = await send(talks.url, {
        method: 'GET',
        path: `${base}/blocks/${index}`,
        headers: { 'X-API-Key': testKey },
      });
      expect(answer.status, index).toBe(422);
    }
    const other = await talks.newSession();
    expect((await talks.fetch(`/api/v1/sessions/${other}/messages/${message_id}/blocks/0`)).status).toBe(404);
  });
});
