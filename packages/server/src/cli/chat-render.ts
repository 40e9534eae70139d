/**
 * Events -> text for the terminal. No I/O: each event returns what is to be written, and the renderer only remembers what
 * it has shown, so that a finished message does not repeat the text that was streamed before it.
 */
import type { ContentBlock, EventData, NumberedEvent } from '@hearth/contract';
import { createSteps, createTodos } from './chat-steps.ts';
import { createStripper, type Style, stripControls } from './chat-text.ts';
import { createTextTracker } from './chat-text-tracker.ts';
import { seconds, silentTools } from './chat-tools.ts';

export interface RendererOptions {
  style: Style;
  now: () => number;
  /** True for messages typed here, which the terminal already shows. */
  isOwnMessage: (clientMessageId: string | undefined) => boolean;
}

export interface Renderer {
  event(event: NumberedEvent): string;
  /** A line on its own, also in the middle of streamed text. */
  line(text: string): string;
}

const shownStatus: ReadonlySet<string> = new Set(['queued', 'parked', 'retrying', 'compacting']);

/** The last line of a run: time, tokens, money, and who answered. */
export const costLine = (result: EventData<'result'>): string => {
  const { usage } = result;
  const input = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens;
  const cached = input === 0 ? 0 : Math.round((usage.cache_read_input_tokens / input) * 100);
  const parts = [
    seconds(result.duration_ms),
    `${result.num_turns} ${result.num_turns === 1 ? 'turn' : 'turns'}`,
    `${input} tokens in (${cached}% cached), ${usage.output_tokens} out`,
    `$${result.total_cost_usd.toFixed(4)}`,
    result.demo ? 'demo model' : stripControls(result.model),
  ];
  if (result.stop_reason !== 'completed') parts.unshift(result.stop_reason.replaceAll('_', ' '));
  return parts.join(' · ');
};

export const createRenderer = ({ style, now, isOwnMessage }: RendererOptions): Renderer => {
  const steps = createSteps({ style, now });
  const todos = createTodos(style);
  let strip = createStripper();
  const tracker = createTextTracker();

  const line = (text: string): string => `${tracker.breakLine()}${text}\n`;
  const dim = (text: string): string => line(style('dim', text));
  const optional = (text: string | undefined): string => (text === undefined ? '' : line(text));

  const block = (item: ContentBlock, indent: string, isAssistant: boolean): string => {
    if (item.type === 'tool_use' && !silentTools.has(item.name)) {
      steps.begin(item);
      return '';
    }
    if (item.type === 'tool_result') return optional(steps.end(item, indent));
    if (!isAssistant || indent !== '') return '';
    if (item.type === 'thinking') return tracker.wasThought() ? '' : dim('Thought');
    return item.type === 'text' ? tracker.finish(stripControls(item.text)) : '';
  };

  const message = (data: EventData<'message'>): string => {
    const indent = data.parent_tool_use_id === null ? '' : '  ';
    const shown = data.content.map((item) => block(item, indent, data.type === 'assistant')).join('');
    const isForeign = data.type === 'user' && indent === '' && !isOwnMessage(data.client_message_id);
    if (!isForeign) return shown;
    const said = data.content.flatMap((item) => (item.type === 'text' ? [stripControls(item.text)] : [])).join('\n');
    return said === '' ? shown : shown + line(style('cyan', `> ${said}`));
  };

  const partial = (data: EventData<'partial'>): string => {
    if (data.parent_tool_use_id !== null) return '';
    if (data.type === 'content_block_start') strip = createStripper();
    const key = `${data.message_id}:${data.index}`;
    if (data.delta?.type === 'text_delta') return tracker.stream(key, strip(data.delta.text));
    if (data.delta?.type === 'thinking_delta') tracker.think(now());
    const thoughtMs = data.type === 'content_block_stop' ? tracker.thoughtUntil(now()) : undefined;
    return thoughtMs === undefined ? '' : dim(`Thought for ${seconds(thoughtMs)}`);
  };

  const event = (item: NumberedEvent): string => {
    if (item.type === 'message') return message(item.data);
    if (item.type === 'partial') return partial(item.data);
    if (item.type === 'todo') return optional(todos.changed(item.data));
    if (item.type === 'status' && shownStatus.has(item.data.status)) return dim(stripControls(item.data.message));
    if (item.type === 'error') return line(style('red', `${item.data.code}: ${stripControls(item.data.message)}`));
    if (item.type === 'result') return dim(costLine(item.data));
    if (item.type === 'done') return tracker.reset();
    return '';
  };

  return { event, line };
};
