/** A short recorded run with non-ASCII text, as events and as the bytes a server would send for them. */
import type { NumberedEvent } from '@hearth/contract';

export const sessionId = '0b6a7f0e-5a43-4a7e-9a54-0f1f3a1f5a01';
export const runId = '0b6a7f0e-5a43-4a7e-9a54-0f1f3a1f5a02';
export const otherRunId = '0b6a7f0e-5a43-4a7e-9a54-0f1f3a1f5a03';
const inRun = { session_id: sessionId, run_id: runId };

const text = (seq: number, delta: string): NumberedEvent => ({
  seq,
  type: 'partial',
  data: {
    ...inRun,
    type: 'content_block_delta',
    message_id: 'm1',
    index: 0,
    delta: { type: 'text_delta', text: delta },
    parent_tool_use_id: null,
  },
});

/** Numbers rise with gaps, as they do when other runs of the same owner are under way. */
export const recordedRun: readonly NumberedEvent[] = [
  { seq: 3, type: 'status', data: { ...inRun, status: 'running', message: 'Working' } },
  text(4, 'Grüße '),
  text(7, 'an 日本 👋🏽'),
  { seq: 12, type: 'done', data: { ...inRun, reason: 'completed' } },
];

export const encodeEvent = (event: NumberedEvent): string =>
  `event: ${event.type}\nid: ${event.seq}\ndata: ${JSON.stringify(event.data)}\n\n`;

export const encodeEvents = (events: readonly NumberedEvent[]): Uint8Array =>
  new TextEncoder().encode(events.map(encodeEvent).join(': keep-alive\n\n'));
