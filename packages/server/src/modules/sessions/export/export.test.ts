import type { ContentBlock, Message, Session } from '@hearth/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactSecrets } from '../../../kernel/redact-secrets.ts';
import { attachment, fileNameOf } from './filename.ts';
import { closed, createMarkdownWriter, fenced } from './markdown.ts';

const secret = 'hunter2-Xy';
const session: Session = {
  id: crypto.randomUUID(),
  status: 'active',
  activity: 'idle',
  title: `Garden\n# and password=${secret}`,
  model: 'opus',
  mode: 'brainstorm',
  permission_mode: 'default',
  project_id: null,
  tags: [],
  archived: false,
  pinned: false,
  off_record: false,
  cwd: null,
  parent_session_id: null,
  origin: 'chat',
  created_at: '2026-11-23T04:26:00.000Z',
  updated_at: '2026-11-23T04:26:00.000Z',
  last_message_at: null,
  last_message: null,
  total_turns: 0,
  total_cost_usd: 0,
  usage: { input_tokens: 0, output_tokens: 0, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 },
  history_version: 0,
};

const message = (type: Message['type'], content: ContentBlock[], over: Partial<Message> = {}): Message => ({
  id: crypto.randomUUID(),
  session_id: session.id,
  run_id: null,
  type,
  content,
  status: 'complete',
  model: null,
  usage: null,
  parent_tool_use_id: null,
  client_message_id: null,
  created_at: '2026-11-23T04:27:00.000Z',
  ...over,
});
const text = (value: string): ContentBlock => ({ type: 'text', text: value });
const use = (id: string, name: string, input: unknown): ContentBlock => ({ type: 'tool_use', id, name, input });
const result = (id: string, content: unknown, is_error = false): ContentBlock => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  is_error,
});

const write = async (messages: Message[]): Promise<string> => {
  const writer = createMarkdownWriter(async (value) => redactSecrets(value).text);
  const parts = [await writer.head(session, '2026-11-24T05:00:00.000Z')];
  for (const one of messages) parts.push(await writer.message(one));
  parts.push(writer.end());
  return parts.join('');
};
const body = async (messages: Message[]): Promise<string> =>
  (await write(messages)).split('- Model: opus\n\n')[1] ?? '';

describe('a conversation as Markdown', () => {
  it('begins with title, dates and model, in lines of their own', async () => {
    expect(await write([])).toBe(
      '# Garden # and password=[redacted: password]\n\n- Begun: 2026-11-23 04:26 UTC\n- Exported: 2026-11-24 05:00 UTC\n- Model: opus\n\n',
    );
  });

  it('has a heading per turn and answer, steps folded between them, and no thinking', async () => {
    const said = await body([
      message('user', [{ type: 'image', media_type: 'image/png', source: 'base64', data: 'AAAA' }, text('Look.')]),
      message('assistant', [{ type: 'thinking', thinking: 'hm' }]),
      message('assistant', [text('I look.'), use('t1', 'Read', { file_path: 'a.txt' })]),
      message('assistant', [use('t2', 'Bash', { command: 'ls' })]),
      message('user', [result('t1', [{ type: 'text', text: 'content' }])]),
      message('user', [text('told to look')], { parent_tool_use_id: 't2' }),
      message('user', [result('t2', 'no such file', true)]),
      message('assistant', [text('There it is.')], { status: 'interrupted' }),
      message('system', [text('Compacted')]),
    ]);
    expect(said).toBe(`## You, 2026-11-23 04:27 UTC

*[image, image/png]*

Look.

### Hearth

I look.

<details><summary>2 steps</summary>

- **Read**

  \`\`\`json
  {
    "file_path": "a.txt"
  }
  \`\`\`

  \`\`\`text
  content
  \`\`\`

- **Bash** (failed)

  \`\`\`json
  {
    "command": "ls"
  }
  \`\`\`

  \`\`\`text
  no such file
  \`\`\`

</details>

### Hearth

There it is.

*(stopped here)*

\`\`\`text
Compacted
\`\`\`

`);
  });

  it('names a step whose result comes after the next message, or never', async () => {
    const said = await body([
      message('assistant', [use('t1', 'Bash', {})]),
      message('user', [text('Hurry!')]),
      message('user', [result('t1', 'late')]),
      message('assistant', [use('t2', 'Odd\n# name', {})]),
    ]);
    expect(said).toContain('- **Bash** (no result)');
    expect(said.indexOf('late')).toBeGreaterThan(said.indexOf('Hurry!'));
    expect(said.match(/- \*\*Bash\*\*/g)).toHaveLength(2);
    expect(said).toContain('- **Odd___name** (no result)');
  });

  it('takes secrets out of everything, also where a part is cut', async () => {
    const key = `ak_${'q7Xz2Lm9Vb4Kd8Rt1Wy6'.repeat(2)}abc`;
    for (let before = 4000; before < 4200; before += 7) {
      const said = await body([
        message('user', [text(`password=${secret}`)]),
        message('assistant', [use('t', 'Bash', { command: `x --token ${secret}`, api_key: key })]),
        message('user', [result('t', `${'x '.repeat(before / 2)}${key} and on ${'y '.repeat(9000)}`)]),
      ]);
      expect(said).not.toContain(secret);
      expect(said).not.toContain('ak_q7');
      expect(said.length).toBeLessThan(6000);
      expect(said).toContain('[cut here]');
    }
    const many = await body([
      message('assistant', [use('t', 'Bash', {})]),
      message('user', [result('t', `${`password=${'p1'.repeat(100)} `.repeat(76)}${key}`.padEnd(40_000, `${key} `))]),
    ]);
    expect(many).not.toContain('ak_q7');
  });

  it('shows what tools gave in fences that it cannot end, whatever it is', async () => {
    const odd = fc.array(
      fc.constantFrom('`', '```', '~~~', '\n', '\r', '</details>', '# x', '- ', ' ', 'a', '\u0000'),
      {
        maxLength: 40,
      },
    );
    await fc.assert(
      fc.asyncProperty(odd, async (parts) => {
        const output = parts.join('');
        const said = await body([message('assistant', [use('t', 'Bash', {})]), message('user', [result('t', output)])]);
        const lines = said.split('\n');
        const fence = /^ {2}(`{3,})text$/;
        const begin = lines.findIndex((line) => fence.test(line));
        if (output === '') return;
        const mark = fence.exec(lines[begin] ?? '')?.[1] ?? '';
        const end = lines.findIndex((line, index) => index > begin && line.trim().startsWith(mark));
        expect(lines.slice(end)).toEqual([`  ${mark}`, '', '</details>', '', '']);
        expect(lines.slice(begin, end + 1).every((line) => line.startsWith('  '))).toBe(true);
      }),
    );
  });

  it('closes a fence that a text left open, and only such a one', () => {
    expect(closed('```ts\nlet x')).toBe('```ts\nlet x\n```');
    expect(closed('~~~~\n```\n~~~')).toBe('~~~~\n```\n~~~\n~~~~');
    for (const whole of ['```\nx\n```', '````\n```\n````', 'a ``` b', '    ```'] as const)
      expect(closed(whole)).toBe(whole);
    expect(fenced('a ```` b', 'text')).toBe('`````text\na ```` b\n`````');
  });
});

describe('the name of a download', () => {
  it.each([
    ['Garden plan', 'Garden plan.md'],
    ['../../etc/passwd', 'etc passwd.md'],
    ['a/b\\c:d*e?f"g<h>i|j', 'a b c d e f g h i j.md'],
    ['  .hidden. ', 'hidden.md'],
    ['', 'conversation.md'],
    ['...', 'conversation.md'],
    ['con', '_con.md'],
    ['Nul.txt', '_Nul.txt.md'],
    ['line\nbreak\u0000\u202Etxt.exe', 'line break txt.exe.md'],
    ['Grüße aus 日本', 'Grüße aus 日本.md'],
    ['x'.repeat(500), `${'x'.repeat(80)}.md`],
  ])('of %j is safe', (title, expected) => {
    expect(fileNameOf(title, 'md')).toBe(expected);
  });

  it('goes into a header that says it in both ways, and can hold nothing else', () => {
    expect(attachment('Garden plan.md')).toBe(
      `attachment; filename="Garden plan.md"; filename*=UTF-8''Garden%20plan.md`,
    );
    expect(attachment('Grüße (日本) 100%.md')).toBe(
      `attachment; filename="Gru_e (__) 100_.md"; filename*=UTF-8''Gr%C3%BC%C3%9Fe%20%28%E6%97%A5%E6%9C%AC%29%20100%25.md`,
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (title) => {
        expect(attachment(fileNameOf(title, 'json'))).toMatch(
          /^attachment; filename="[\x20-\x21\x23-\x24\x26-\x5b\x5d-\x7e]+"; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+$/,
        );
      }),
    );
  });
});
