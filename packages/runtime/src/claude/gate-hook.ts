/**
 * The PreToolUse hook: the one place where a tool call of the `claude` process meets the caller's gate. The SDK asks
 * hooks before deny rules, modes and allow rules, for the main thread and for subagents alike, so nothing runs around
 * it. Everything that is not a clear "allow" is a refusal.
 *
 * Parking uses the SDK's `defer`: the process ends its turn, the call stays in the transcript, and a later resume asks
 * again for the same id. Only one call of a parallel batch can be deferred, so the others are told to ask again.
 */
import type { HookInput, HookJSONOutput, PermissionResult } from '@anthropic-ai/claude-agent-sdk';
import { type JsonObject, jsonObjectSchema } from '@hearth/contract';
import type { ToolGate, ToolVerdict } from '../provider.ts';

export interface GateHook {
  preToolUse(
    input: HookInput,
    toolUseId: string | undefined,
    options: { signal: AbortSignal },
  ): Promise<HookJSONOutput>;
  canUseTool(tool: string, input: JsonObject, options: { toolUseID: string }): Promise<PermissionResult>;
  /** A new turn: forget what was allowed or parked in the last one. */
  reset(): void;
}

const outsideGate = 'This tool call did not pass the gate.';
const otherParked = 'Another step is waiting for the owner. Ask for this one again when that is settled.';

const decide = (decision: 'allow' | 'deny' | 'defer', reason: string, input?: JsonObject): HookJSONOutput => ({
  hookSpecificOutput: {
    hookEventName: 'PreToolUse',
    permissionDecision: decision,
    permissionDecisionReason: reason,
    ...(input ? { updatedInput: input } : {}),
  },
});

export const createGateHook = (currentGate: () => ToolGate | null, turnSignal: () => AbortSignal): GateHook => {
  const allowed = new Map<string, JsonObject>();
  let parked = false;

  const ask = async (input: Extract<HookInput, { hook_event_name: 'PreToolUse' }>, signal: AbortSignal) => {
    const gate = currentGate();
    const args = jsonObjectSchema.safeParse(input.tool_input);
    if (gate === null || !args.success) return { decision: 'deny', reason: outsideGate } satisfies ToolVerdict;
    return gate({
      toolUseId: input.tool_use_id,
      tool: input.tool_name,
      input: args.data,
      agentId: input.agent_id ?? null,
      signal,
    });
  };

  return {
    async preToolUse(input, _toolUseId, options) {
      if (input.hook_event_name !== 'PreToolUse') return {};
      const signal = AbortSignal.any([options.signal, turnSignal()]);
      let verdict: ToolVerdict;
      try {
        verdict = await ask(input, signal);
      } catch {
        verdict = { decision: 'deny', reason: 'The server could not decide about this tool call, so it did not run.' };
      }
      if (verdict.decision === 'deny') return decide('deny', verdict.reason);
      if (verdict.decision === 'park') {
        if (parked || input.agent_id !== undefined) return decide('deny', otherParked);
        parked = true;
        return decide('defer', 'waiting for the owner');
      }
      const args = verdict.input ?? jsonObjectSchema.parse(input.tool_input);
      allowed.set(input.tool_use_id, args);
      return decide('allow', 'allowed by Hearth', verdict.input);
    },
    // Reached only for paths the process itself finds sensitive; the gate has already spoken about this very call.
    async canUseTool(_tool, _input, options) {
      const input = allowed.get(options.toolUseID);
      return input
        ? { behavior: 'allow', updatedInput: input }
        : { behavior: 'deny', message: outsideGate, interrupt: false };
    },
    reset() {
      allowed.clear();
      parked = false;
    },
  };
};
