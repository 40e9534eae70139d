/**
 * After a crash the transcript ends with a tool call that nobody answered. The entry written here is the one the CLI
 * writes itself when a hook answers "defer"; with it a resume asks the hook again for the same call. Pinned by
 * `claude.int.test.ts` against the locked SDK version.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AgentProvider } from '../provider.ts';

const callEntry = z.looseObject({
  type: z.literal('assistant'),
  uuid: z.string(),
  sessionId: z.string().optional(),
  cwd: z.string().optional(),
  version: z.string().optional(),
  message: z.looseObject({ content: z.array(z.looseObject({ type: z.string() })) }),
});
const toolUse = z.looseObject({ type: z.literal('tool_use'), id: z.string(), name: z.string(), input: z.unknown() });
const deferral = z.looseObject({
  type: z.literal('attachment'),
  attachment: z.looseObject({ type: z.literal('hook_deferred_tool'), toolUseID: z.string() }),
});

export const deferOpenCall: AgentProvider['deferOpenCall'] = async ({ transcripts, agentSessionId, toolUseId }) => {
  const key = { agentSessionId, subpath: '' };
  const entries = (await transcripts.load(key)) ?? [];
  const known = entries.some((entry) => {
    const parsed = deferral.safeParse(entry);
    return parsed.success && parsed.data.attachment.toolUseID === toolUseId;
  });
  if (known) return true;
  for (const entry of entries.toReversed()) {
    const parsed = callEntry.safeParse(entry);
    const call = parsed.data?.message.content
      .flatMap((block) => toolUse.safeParse(block).data ?? [])
      .find((block) => block.id === toolUseId);
    if (!parsed.success || !call) continue;
    await transcripts.append(key, [
      {
        type: 'attachment',
        uuid: randomUUID(),
        parentUuid: parsed.data.uuid,
        isSidechain: false,
        timestamp: new Date().toISOString(),
        userType: 'external',
        entrypoint: 'sdk-ts',
        sessionId: parsed.data.sessionId ?? agentSessionId,
        cwd: parsed.data.cwd,
        version: parsed.data.version,
        attachment: {
          type: 'hook_deferred_tool',
          toolUseID: toolUseId,
          toolName: call.name,
          toolInput: call.input,
          hookName: 'settings',
          hookEvent: 'PreToolUse',
          permissionMode: 'default',
        },
      },
    ]);
    return true;
  }
  return false;
};
