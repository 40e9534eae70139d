import { describe, expect, it } from 'vitest';
import { failureReason, inputText, isFailed, resultText, shortPath, toolWords } from './tools.ts';
import type { ToolResult } from './turns.ts';

const result = (content: unknown, is_error = false): ToolResult => ({
  ...{ type: 'tool_result', tool_use_id: 'call', content, is_error },
});
const words = (name: string, input: unknown): string => {
  const { done, object } = toolWords({ name, input });
  return `${done} ${object}`.trim();
};

describe('a step in words', () => {
  it.each([
    ['Bash', { command: 'ls \n  -la' }, 'Ran ls -la'],
    ['Read', { file_path: '/home/a/b/notes.md' }, 'Read …/b/notes.md'],
    ['Write', { file_path: 'notes.md' }, 'Wrote notes.md'],
    ['Edit', { file_path: '/a/b' }, 'Changed /a/b'],
    ['NotebookEdit', { notebook_path: '/x/y/z.ipynb' }, 'Changed …/y/z.ipynb'],
    ['Glob', { pattern: '*.ts' }, 'Looked for *.ts'],
    ['Grep', { pattern: 'todo' }, 'Searched for todo'],
    ['WebFetch', { url: 'https://example.com/page?q=1' }, 'Opened example.com'],
    ['WebFetch', { url: 'not an address' }, 'Opened not an address'],
    ['WebSearch', { query: 'weather' }, 'Searched the web for weather'],
    ['Task', { description: 'Look around' }, 'Helper Look around'],
    ['Task', {}, 'Helper worked on a part'],
    ['AskUserQuestion', {}, 'Asked you'],
    ['Skill', { skill: 'pdf' }, 'Used the skill pdf'],
    ['mcp__home__lights_on', {}, 'Used lights on (home)'],
    ['mcp__home__rooms__list_all', {}, 'Used rooms  list all (home)'],
    ['mcp__broken', {}, 'Used mcp__broken'],
    ['Something', null, 'Used Something'],
    ['constructor', {}, 'Used constructor'],
    ['__proto__', {}, 'Used __proto__'],
    ['Bash', 'no object', 'Ran'],
    ['Bash', { command: 7 }, 'Ran'],
  ])('%s %j', (name, input, expected) => expect(words(name, input)).toBe(expected));

  it('has words for what is wanted and under way, and is never long', () => {
    expect(toolWords({ name: 'Bash', input: { command: 'x'.repeat(5_000) } }).object).toHaveLength(200);
    expect(toolWords({ name: 'x'.repeat(5_000), input: {} }).object).toHaveLength(100);
    expect(toolWords({ name: 'Grep', input: {} })).toMatchObject({
      running: 'Searching for',
      wanted: 'Wants to search for',
      isCode: true,
    });
  });

  it('names a path by its end', () => {
    expect(shortPath('/a/b/c/d')).toBe('…/c/d');
    expect(shortPath('a')).toBe('a');
  });
});

describe('what a tool was given and what it said', () => {
  it('is text where it is text', () => {
    expect(inputText({ name: 'Bash', input: { command: 'ls' } })).toBe('ls');
    expect(inputText({ name: 'Write', input: { file_path: '/a', content: 'text' } })).toBe('/a\n\ntext');
    expect(inputText({ name: 'Edit', input: { file_path: '/a', old_string: 'a\nb', new_string: 'c' } })).toBe(
      '/a\n\n- a\n- b\n+ c',
    );
    expect(inputText({ name: 'Any', input: { only: 'this' } })).toBe('this');
    expect(inputText({ name: 'Any', input: { a: 1, b: 2 } })).toBe('{\n  "a": 1,\n  "b": 2\n}');
  });

  it('is read from every shape of a result', () => {
    expect(resultText(result('plain'))).toBe('plain');
    expect(resultText(result(null))).toBe('');
    expect(resultText(result({ a: 1 }))).toBe('{\n  "a": 1\n}');
    const blocks = [{ type: 'text', text: 'one' }, { type: 'image' }, { type: 'other' }, 'odd'];
    expect(resultText(result(blocks))).toBe('one\n[picture]\n{"type":"other"}\n"odd"');
  });

  it('says why it failed', () => {
    expect(isFailed(result('x', true))).toBe(true);
    expect(isFailed(result('x'))).toBe(false);
    expect(isFailed(null)).toBe(false);
    expect(failureReason(result('<tool_use_error>No such  file</tool_use_error>', true))).toBe('No such file');
    expect(failureReason(result('', true))).toBe('It gave no reason.');
  });
});
