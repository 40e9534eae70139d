/** What a made-up server has to tell: runs of two chats as events, in every order in which they could really happen. */
import type { HearthEvent } from '@hearth/contract';
import fc from 'fast-check';

interface BlockPlan {
  type: 'text' | 'thinking' | 'tool_use';
  deltas: number;
  /** Only for tools: whether a person is asked first, and what becomes of it. */
  asks: boolean;
}

export interface RunPlan {
  answers: readonly (readonly BlockPlan[])[];
  /** A message of the person that joins the run after the first answer. */
  steers: boolean;
  /** Cut after this many events of the answers; the words so far become a message. */
  stopsAfter: number | null;
}

const blockPlan: fc.Arbitrary<BlockPlan> = fc.record({
  type: fc.constantFrom('text', 'text', 'thinking', 'tool_use'),
  deltas: fc.nat({ max: 4 }),
  asks: fc.boolean(),
});

const runPlan: fc.Arbitrary<RunPlan> = fc.record({
  answers: fc.array(fc.array(blockPlan, { minLength: 1, maxLength: 2 }), { minLength: 1, maxLength: 3 }),
  steers: fc.boolean(),
  stopsAfter: fc.option(fc.nat({ max: 12 }), { freq: 4 }),
});

type Of<T extends HearthEvent['type']> = Extract<HearthEvent, { type: T }>['data'];

/** The events of one run, in their order. Every word in it is there only once. */
export const eventsOfRun = (chat: string, run: string, plan: RunPlan): HearthEvent[] => {
  const ids = { session_id: chat, run_id: run };
  let words = 0;
  let messages = 0;
  const events: HearthEvent[] = [];
  const message = (part: Partial<Of<'message'>> & Pick<Of<'message'>, 'type' | 'content'>): HearthEvent => {
    messages += 1;
    return { type: 'message', data: { ...ids, uuid: `${run}-${messages}`, parent_tool_use_id: null, ...part } };
  };
  const says = (text: string): HearthEvent =>
    message({ type: 'user', content: [{ type: 'text', text }], client_message_id: `${run}-said-${messages}` });

  const block = (messageId: string, index: number, { type, deltas, asks }: BlockPlan): string => {
    const toolId = `${messageId}-tool-${index}`;
    const partial = (data: Pick<Of<'partial'>, 'type'> & Partial<Of<'partial'>>): HearthEvent => ({
      type: 'partial',
      data: { ...ids, message_id: messageId, index, parent_tool_use_id: null, ...data },
    });
    events.push(partial({ type: 'content_block_start', content_block: { type, id: toolId, name: 'Bash' } }));
    let text = '';
    for (let at = 0; at < deltas; at += 1) {
      words += 1;
      const word = `${run}.${words} `;
      text += word;
      const delta =
        type === 'text'
          ? ({ type: 'text_delta', text: word } as const)
          : type === 'thinking'
            ? ({ type: 'thinking_delta', thinking: word } as const)
            : ({ type: 'input_json_delta', partial_json: word } as const);
      events.push(partial({ type: 'content_block_delta', delta }));
    }
    const content =
      type === 'text'
        ? ({ type, text } as const)
        : type === 'thinking'
          ? ({ type, thinking: text } as const)
          : ({ type, id: toolId, name: 'Bash', input: { text } } as const);
    events.push(message({ type: 'assistant', content: [content], message_id: messageId }));
    events.push(partial({ type: 'content_block_stop' }));
    if (type === 'tool_use') callTool(toolId, asks);
    return type === 'text' ? text : '';
  };

  const callTool = (toolId: string, asks: boolean): void => {
    if (asks) {
      const approval_id = `${toolId}-approval`;
      const asked = { tool: 'Bash', title: 'Run it', input: {}, risk: 'low', risk_reason: '', expires_at: '' } as const;
      events.push({ type: 'approval', data: { ...ids, approval_id, ...asked } });
      events.push({ type: 'status', data: { ...ids, status: 'waiting', message: 'Waiting for you' } });
      events.push({ type: 'approval_settled', data: { ...ids, approval_id, status: 'allowed', decided_by: 'phone' } });
    }
    events.push(message({ type: 'user', content: [{ type: 'tool_result', tool_use_id: toolId, content: 'done' }] }));
  };

  events.push(says(`${run} please`));
  events.push({ type: 'status', data: { ...ids, status: 'running', message: 'Working' } });
  const begins = events.length;
  plan.answers.forEach((blocks, answer) => {
    blocks.forEach((one, index) => void block(`${run}-m${answer}`, index, one));
    if (answer === 0 && plan.steers) events.push(says(`${run} and then`));
  });
  const isCut = plan.stopsAfter !== null && begins + plan.stopsAfter < events.length;
  if (isCut) stopAt(begins + (plan.stopsAfter ?? 0));
  events.push({ type: 'done', data: { ...ids, reason: isCut ? 'interrupted' : 'completed' } });
  return events;

  function stopAt(length: number): void {
    const kept = events.slice(0, length);
    // What was open when the run was stopped is settled by the server.
    const open = kept.filter(
      ({ type, data }) =>
        type === 'approval' &&
        !kept.some((other) => other.type === 'approval_settled' && other.data.approval_id === data.approval_id),
    );
    const sinceMessage = kept.slice(
      kept.findLastIndex(({ type, data }) => type === 'message' && data.type === 'assistant') + 1,
    );
    const draft = sinceMessage
      .flatMap(({ type, data }) => (type === 'partial' && data.delta?.type === 'text_delta' ? data.delta.text : []))
      .join('');
    events.splice(0, events.length, ...kept);
    for (const { data } of open.filter((event) => event.type === 'approval'))
      events.push({
        type: 'approval_settled',
        data: { ...ids, approval_id: data.approval_id, status: 'cancelled', decided_by: null },
      });
    messages += 100;
    if (draft !== '')
      events.push(message({ type: 'assistant', content: [{ type: 'text', text: draft }], status: 'interrupted' }));
  }
};

export const chatIds = ['chat-a', 'chat-b'] as const;

/** Two chats with up to three runs each, woven into one log. */
export const story: fc.Arbitrary<HearthEvent[]> = fc
  .record({
    runs: fc.tuple(fc.array(runPlan, { minLength: 1, maxLength: 3 }), fc.array(runPlan, { maxLength: 2 })),
    weave: fc.infiniteStream(fc.boolean()),
  })
  .map(({ runs, weave }) => {
    const queues = chatIds.map((chat, at) =>
      (runs[at] ?? []).flatMap((plan, no) => eventsOfRun(chat, `${chat.at(-1)}${no + 1}`, plan)),
    );
    const woven: HearthEvent[] = [];
    const [a = [], b = []] = queues;
    for (let fromA = 0; woven.length < a.length + b.length; ) {
      const fromB: number = woven.length - fromA;
      const takeA = fromB >= b.length || (fromA < a.length && weave.next().value === true);
      const event = takeA ? a[fromA] : b[fromB];
      if (takeA) fromA += 1;
      if (event) woven.push(event);
    }
    return woven;
  });
