/**
 * Webhooks of a run, as its request named them. `PreToolUse` is asked before a tool runs and can only make things
 * stricter: no answer, a late one, a strange one or "deny" all mean no, and changed arguments pass the same rules as any
 * others. All other events are told and not waited for.
 */
import { type HearthEvent, type JsonObject, jsonObjectSchema, type TurnRequest } from '@hearth/contract';
import type { ToolCall } from '@hearth/runtime';
import { z } from 'zod';
import type { Log } from '../../kernel/log.ts';
import type { WebhookSender } from '../../ports/webhook-sender.ts';
import { canonicalTool } from '../policy/index.ts';

type Hooks = NonNullable<TurnRequest['hooks']>;
type HookEvent = keyof Hooks;

export type WebhookVerdict = { decision: 'allow'; input: JsonObject | null } | { decision: 'deny'; reason: string };

export interface RunWebhooks {
  beforeTool(call: ToolCall): Promise<WebhookVerdict>;
  /** Tells what an event of the run means to a webhook. */
  see(event: HearthEvent): void;
  tell(event: HookEvent, data: JsonObject): void;
}

const verdictShape = z.object({
  decision: z.enum(['allow', 'deny']),
  reason: z.string().max(1000).optional(),
  modified_input: jsonObjectSchema.optional(),
});

/** `Bash`, `Write|Edit`, `mcp__home__*`. A pattern that cannot be read matches everything: that is the stricter way. */
export const matchesTool = (matcher: string | undefined, tool: string): boolean => {
  if (matcher === undefined || !/^[A-Za-z0-9_*|-]+$/.test(matcher)) return true;
  return matcher.split('|').some((part) => {
    const [start = '', ...rest] = part.split('*');
    const end = rest.at(-1);
    if (end === undefined) return canonicalTool(part) === canonicalTool(tool);
    return tool.startsWith(start) && tool.endsWith(end);
  });
};

const toolResults = (event: HearthEvent) =>
  event.type === 'message' && event.data.type === 'user'
    ? event.data.content.flatMap((block) => (block.type === 'tool_result' ? [block] : []))
    : [];

export interface WebhooksDeps {
  sender: WebhookSender;
  log: Log;
}

export const createRunWebhooks = (
  { sender, log }: WebhooksDeps,
  run: { sessionId: string; runId: string; hooks: Hooks },
): RunWebhooks => {
  const names = new Map<string, string>();

  const post = async (event: HookEvent, data: JsonObject): Promise<unknown> => {
    const hook = run.hooks[event];
    if (!hook) return null;
    const body = { event, session_id: run.sessionId, run_id: run.runId, ...data };
    return sender.send({ url: hook.url, headers: hook.headers ?? {}, timeoutMs: hook.timeout * 1_000, body });
  };

  const tell = (event: HookEvent, data: JsonObject): void => {
    if (!run.hooks[event]) return;
    post(event, data).catch((error: unknown) => log.warn({ err: error, event, run_id: run.runId }, 'a webhook failed'));
  };

  return {
    tell,
    async beforeTool(call) {
      const hook = run.hooks.PreToolUse;
      if (!hook || !matchesTool(hook.matcher, call.tool)) return { decision: 'allow', input: null };
      const no = 'The webhook of this run did not allow this step.';
      try {
        const data = { tool_name: canonicalTool(call.tool), tool_use_id: call.toolUseId, tool_input: call.input };
        const answer = verdictShape.safeParse(await post('PreToolUse', data));
        if (!answer.success) return { decision: 'deny', reason: no };
        if (answer.data.decision === 'deny') return { decision: 'deny', reason: answer.data.reason ?? no };
        return { decision: 'allow', input: answer.data.modified_input ?? null };
      } catch (error) {
        log.warn({ err: error, run_id: run.runId }, 'the webhook before a tool failed, so the tool did not run');
        return { decision: 'deny', reason: no };
      }
    },
    see(event) {
      if (event.type === 'status' && event.data.status === 'compacting') tell('PreCompact', {});
      if (event.type === 'message')
        for (const block of event.data.content) if (block.type === 'tool_use') names.set(block.id, block.name);
      for (const result of toolResults(event)) {
        const tool = canonicalTool(names.get(result.tool_use_id) ?? '');
        const hook = run.hooks.PostToolUse;
        const data = { tool_name: tool, tool_use_id: result.tool_use_id, is_error: result.is_error ?? false };
        if (matchesTool(hook?.matcher, tool)) tell('PostToolUse', data);
        if (tool === 'Task') tell('SubagentStop', data);
      }
    },
  };
};
