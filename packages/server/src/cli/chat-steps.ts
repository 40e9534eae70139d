/** Tool steps from their call to their result, and the list of tasks: each shown as one styled text, when there is news. */
import type { ContentBlock, EventData } from '@hearth/contract';
import { type Style, stripControls } from './chat-text.ts';
import { seconds, type ToolWords, toolWords } from './chat-tools.ts';

type ToolUse = Extract<ContentBlock, { type: 'tool_use' }>;
type ToolResult = Extract<ContentBlock, { type: 'tool_result' }>;

/** Events carry no times, so a step lasts as long as it was seen here. */
export const createSteps = ({ style, now }: { style: Style; now: () => number }) => {
  const open = new Map<string, ToolWords & { startedMs: number }>();
  return {
    begin: (block: ToolUse): void => {
      open.set(block.id, { ...toolWords(block.name, block.input), startedMs: now() });
    },
    end: (block: ToolResult, indent: string): string | undefined => {
      const step = open.get(block.tool_use_id);
      if (step === undefined) return undefined;
      open.delete(block.tool_use_id);
      const text = `${indent}${step.verb} ${step.object}`.trimEnd();
      const took = seconds(now() - step.startedMs);
      return block.is_error ? style('red', `${text} · failed after ${took}`) : style('dim', `${text} · ${took}`);
    },
  };
};

const mark = (status: string): string => {
  if (status === 'completed') return '[x]';
  return status === 'in_progress' ? '[>]' : '[ ]';
};

export const createTodos = (style: Style) => {
  let last = '';
  return {
    changed: ({ todos }: EventData<'todo'>): string | undefined => {
      const text = todos.map((item) => `${mark(item.status)} ${stripControls(item.content)}`).join('\n');
      if (text === last || text === '') return undefined;
      last = text;
      return style('dim', text);
    },
  };
};
