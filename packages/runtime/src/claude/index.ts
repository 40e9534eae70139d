/**
 * The Claude adapter: workers are processes of the `claude` binary that ships with the Claude Agent SDK. The SDK is
 * imported on first use, because it costs 0.15 s and 26 MB that a server without chats need not pay.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AgentProvider, OwnTool, TranscriptEntry } from '../provider.ts';
import { branchTranscript } from './branch-transcript.ts';
import { deferOpenCall } from './defer-open-call.ts';
import type { ClaudeSettings } from './environment.ts';
import { createGateHook } from './gate-hook.ts';
import { claudeOptions } from './options.ts';
import { ownMcpServers } from './own-tools.ts';
import { createClaudeWorker, type WorkerLink } from './worker.ts';

const costState = z.object({ type: z.literal('cost-state'), totalCostUSD: z.number() });

/** The CLI resumes its running total from the transcript, so a resumed turn's cost is what comes on top of it. */
const costIn = (entries: TranscriptEntry[]): number =>
  entries.reduce((cost, entry) => {
    const state = costState.safeParse(entry);
    return state.success ? state.data.totalCostUSD : cost;
  }, 0);

export interface ClaudeProviderDeps {
  /** Read at each start, so that a newly connected account is used by the next worker. */
  settings: () => ClaudeSettings;
  /** Diagnostic output of the process; it may contain anything, so treat it as untrusted text. */
  onStderr?: (text: string) => void;
  startTimeoutMs?: number;
  /** The host's own tools for a profile's `ownTools`. */
  ownTools?: (scope: string) => readonly OwnTool[];
}

export const createClaudeProvider = (deps: ClaudeProviderDeps): AgentProvider => ({
  name: 'claude',
  deferOpenCall,
  branch: branchTranscript,
  async open(request) {
    const sdk = await import('@anthropic-ai/claude-agent-sdk');
    const link: WorkerLink = { gate: null, turn: new AbortController(), costUsd: 0 };
    const hook = createGateHook(
      () => link.gate,
      () => link.turn.signal,
    );
    const newId = randomUUID();
    const scope = request.profile.ownTools;
    const options = claudeOptions({
      request,
      settings: deps.settings(),
      hook,
      own: ownMcpServers(sdk, scope === null ? [] : (deps.ownTools?.(scope) ?? [])),
      newId,
      onTranscript: (entries) => {
        link.costUsd = costIn(entries);
      },
      onStderr: deps.onStderr ?? (() => {}),
    });
    const warm = await sdk.startup({ options, initializeTimeoutMs: deps.startTimeoutMs ?? 30_000 });
    const agentSessionId = request.resume && !request.resume.fork ? request.resume.agentSessionId : newId;
    return createClaudeWorker({ warm, agentSessionId, hook, link });
  },
});
