import type { ContentBlock, HearthEvent } from '@hearth/contract';
import { describe, expect, it } from 'vitest';
import { createUnofferedCalls } from './unoffered.ts';

const message = (type: 'user' | 'assistant', content: ContentBlock[]): HearthEvent => ({
  type: 'message',
  data: { session_id: '', run_id: '', uuid: '', type, content, parent_tool_use_id: null },
});
const call = (id: string): HearthEvent => message('assistant', [{ type: 'tool_use', id, name: 'Bash', input: {} }]);
const result = (id: string, is_error: boolean): HearthEvent =>
  message('user', [{ type: 'tool_result', tool_use_id: id, content: 'x', is_error }]);

describe('calls the gate never saw', () => {
  it('are found when the process refuses them by itself', () => {
    const calls = createUnofferedCalls();
    expect(calls.see(call('a'))).toEqual([]);
    expect(calls.see(result('a', true))).toEqual(['Bash']);
    expect(calls.see(result('a', true)), 'each once').toEqual([]);
  });

  it('are not those the gate decided about, nor those that worked', () => {
    const calls = createUnofferedCalls();
    calls.see(call('a'));
    calls.gated('a');
    calls.see(call('b'));
    expect(calls.see(result('a', true))).toEqual([]);
    expect(calls.see(result('b', false))).toEqual([]);
  });
});
