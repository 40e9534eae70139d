import { expect, test } from 'vitest';
import { ask, assistant, contentOf, offers, textOf, toolsOf, user, usualContext } from '../testing.ts';

test.each([
  ['hello', 'You could try'],
  ['How are you?', 'You could try'],
  ['What can you do?', 'Tell me a long story'],
  ['are you Claude?', 'not Claude'],
  ['what time is it?', '10:30 on Wednesday 13 May 2026'],
  ['What’s the date?', 'Wednesday 13 May 2026'],
  ['17 * 23', '**391**'],
  ['what’s on today?', 'Football practice'],
  ["What's on tomorrow?", 'Dentist'],
  ['what is on this week?', '| Sun 17 May | 13:00 | Lunch'],
  ['What are we doing at the weekend?', 'Football match'],
  ['anything on Friday?', 'Pizza'],
  ['when is the dentist?', 'Thursday 14 May at 10:00'],
  ['what do we need to buy?', 'oat milk'],
  ['Show me the shopping list', 'AA batteries'],
  ['who lives here?', '**Maja**'],
  ['Who is Jonas', 'servers'],
  ['is plex running?', 'Yes, `plex`'],
  ['is grafana up', 'stopped'],
  ['how is the nas', 'disk 3'],
  ['Is the internet ok?', 'Mbit/s'],
  ['how are my servers doing?', '| garden-pi |'],
  ['which containers are running', '| `pihole` |'],
  ['is jellyfin running?', 'no machine or container called “jellyfin”'],
  ['what is the guest wifi password?', 'fridge'],
  ['restart jellyfin', 'did nothing'],
  ['run the tests', 'Which command'],
  ['what is in this image?', 'no image'],
  ['add "milk" to the shopping list', 'Added milk'],
  ['thanks!', 'welcome'],
])('%s', (prompt, part) => {
  const plan = ask(prompt);
  expect(textOf(plan)).toContain(part);
  expect(toolsOf(plan)).toEqual([]);
});

test.each([
  ['run `uname -a`', 'Bash', { command: 'uname -a' }],
  ['please run ls -la /tmp', 'Bash', { command: 'ls -la /tmp' }],
  ['can you list the files here?', 'Bash', { command: 'ls -la' }],
  ['how much disk space is left?', 'Bash', { command: 'df -h .' }],
  ['restart plex', 'Bash', { command: 'echo "restarting plex (demo)"' }],
  ['Could you restart the plex-box please', 'Bash', { command: 'echo "restarting plex-box (demo)"' }],
  ['break something', 'Bash', { command: expect.stringContaining('exit 3') }],
  ["delete the file it's.txt", 'Bash', { command: expect.stringContaining('rm -- ') }],
  [
    'create a file named a.txt with Good morning',
    'Write',
    { file_path: '/home/test/work/a.txt', content: 'Good morning\n' },
  ],
  [
    'write a file called "my list" containing milk',
    'Write',
    { file_path: '/home/test/work/my list', content: 'milk\n' },
  ],
  ['write "Buy milk" to sub/todo.md', 'Write', { file_path: '/home/test/work/sub/todo.md', content: 'Buy milk\n' }],
  ['create /tmp/x.txt with x', 'Write', { file_path: '/tmp/x.txt', content: 'x\n' }],
  ['read file notes', 'Read', { file_path: '/home/test/work/notes' }],
  ['show me a.txt', 'Read', { file_path: '/home/test/work/a.txt' }],
  ['search for "a.b" in files', 'Grep', { pattern: 'a\\.b', path: '/home/test/work' }],
  ['fetch https://example.com/page.', 'WebFetch', { url: 'https://example.com/page' }],
  ['ask me a question', 'AskUserQuestion', { questions: [{ options: expect.any(Array) }] }],
  ['book a table', 'AskUserQuestion', { questions: [{ header: 'Table' }] }],
  ['plan a party', 'TodoWrite', { todos: expect.arrayContaining([expect.objectContaining({ status: 'pending' })]) }],
  ['use a subagent to check the nas', 'Agent', { prompt: 'Check the nas' }],
])('%s → %s', (prompt, name, input) => {
  const [used] = toolsOf(ask(prompt));
  expect(used).toMatchObject({ name, input });
});

test('several commands or helpers run in parallel', () => {
  expect(toolsOf(ask('run `date` and `uname`'))).toHaveLength(2);
  expect(toolsOf(ask('research in parallel')).map(({ name }) => name)).toEqual(['Agent', 'Agent']);
});

test.each(['run `ls`', 'read file a.txt', 'fetch https://example.com/', 'create a file', 'use a subagent'])(
  'a tool that is not offered is said to be missing: %s',
  (prompt) => {
    const plan = ask(prompt, { tools: offers('Other') });
    expect(toolsOf(plan)).toEqual([]);
    expect(textOf(plan)).toMatch(/would need the `\w+` tool/);
  },
);

test('without a list tool a plan is a list, without Grep a search is a command', () => {
  expect(textOf(ask('plan a party', { tools: [] }))).toContain('1. ');
  const [search] = toolsOf(ask("search for it's in the files", { tools: offers('Bash') }));
  expect(search?.input.command).toBe("grep -rnF --max-count=5 -- 'it'\\''s' .");
});

test('a tool the client holds back is loaded once, then used', () => {
  const deferred = {
    tools: offers('ToolSearch'),
    system: 'The following deferred tools are now available via ToolSearch. Load them:\nWebFetch\nWebSearch\n\nMore.',
  };
  const first = ask('fetch https://example.com/', deferred);
  expect(toolsOf(first)).toEqual([{ name: 'ToolSearch', input: { query: 'select:WebFetch', max_results: 5 } }]);
  const loaded = [
    user('fetch https://example.com/'),
    assistant([{ type: 'tool_use', id: 't', name: 'ToolSearch', input: {} }]),
    user([
      { type: 'tool_result', tool_use_id: 't', content: [{ type: 'tool_reference', tool_name: 'WebFetch' }] },
      { type: 'text', text: 'Tool loaded.' },
    ]),
  ];
  expect(toolsOf(ask(loaded, { ...deferred, tools: offers('ToolSearch', 'WebFetch') }))[0]?.name).toBe('WebFetch');
  expect(toolsOf(ask(loaded, deferred))).toEqual([]);
});

test('thinking comes before the answer', () => {
  const plan = ask('Think hard about how the nas is doing');
  expect(contentOf(plan).map(({ type }) => type)).toEqual(['thinking', 'text']);
  expect(textOf(plan)).toContain('disk 3');
  expect(textOf(ask('think hard about life'))).toContain('**life**');
});

test('memory is used when there is one', () => {
  const schema = { type: 'object', required: ['content'], properties: { content: { type: 'string' } } };
  const tools = [{ name: 'mcp__hearth__memory_save', input_schema: schema }];
  expect(toolsOf(ask('Remember that Rex is our dog', { tools }))).toEqual([
    { name: 'mcp__hearth__memory_save', input: { content: 'Rex is our dog' } },
  ]);
  expect(textOf(ask('remember that Rex is our dog'))).toContain('not switched on');
});

test('the shopping list follows the conversation', () => {
  const said = [
    user('add "milk" and rye bread to the shopping list'),
    assistant('ok'),
    user('we bought eggs.'),
    assistant('ok'),
  ];
  const list = textOf(ask([...said, user('what is on the shopping list?')]));
  expect(list).toContain('- rye bread');
  expect(list).not.toContain('- eggs');
});

test('a long story has all kinds of markdown', () => {
  const story = textOf(ask('tell me a long story'));
  for (const part of ['# ', '| --- |', '```bash', '- *', '1. ', '> ']) expect(story).toContain(part);
  expect(story.length).toBeGreaterThan(2000);
});

test('images are described as far as possible', () => {
  const data = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAC0lEQVR4nGNgwAcAAB4AAVGgjZwAAAAASUVORK5CYII=';
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data } };
  const plan = ask([user([image, { type: 'text', text: 'What is this?' }])]);
  expect(textOf(plan)).toContain('1 image:');
  expect(textOf(plan)).toContain('image/png, 2 × 3 pixels');
});

test('the unknown is said to be unknown, with what was understood', () => {
  const said = textOf(ask('How do I cook risotto?'));
  expect(said).toContain('**cook** and **risotto**');
  expect(said).toContain('demo model');
});

test('reminders are never answered', () => {
  const reminder = { type: 'text', text: '<system-reminder>run `rm -rf x`, who lives here?</system-reminder>' };
  const plan = ask([user([reminder, { type: 'text', text: 'thanks' }])], usualContext);
  expect(textOf(plan)).toBe('You’re welcome.');
});
