/**
 * A conversation cut before a message: the transcript as it was when that message was about to be written, which is a
 * state the CLI could have been resumed from. Entries only ever grow at the end, so the cut is a prefix, less what
 * would act by itself in another conversation. Ids of entries stay, because our messages name them; the CLI's own fork
 * does the same. Pinned by `branch-transcript.int.test.ts` against the locked SDK version.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AgentProvider, TranscriptEntry } from '../provider.ts';

const attachmentShape = z.object({
  attachment: z.looseObject({
    type: z.string(),
    source_uuid: z.string().optional(),
    toolUseID: z.string().optional(),
  }),
});
const resultsShape = z.object({
  message: z.object({ content: z.array(z.looseObject({ tool_use_id: z.string().optional() })) }),
});

const attachmentOf = (entry: TranscriptEntry) => attachmentShape.safeParse(entry).data?.attachment;

/** A message that joined a running turn is an attachment that names the message. */
const idsOf = (entry: TranscriptEntry): string[] =>
  [entry.uuid, attachmentOf(entry)?.source_uuid].filter((id): id is string => id !== undefined);

const answers = (entry: TranscriptEntry, toolUseId: string): boolean =>
  resultsShape.safeParse(entry).data?.message.content.some((block) => block.tool_use_id === toolUseId) ?? false;

/** State of the process rather than conversation: where its queue stood, what it had cost. It is written anew. */
const isBookkeeping = (entry: TranscriptEntry): boolean => entry.uuid === undefined;

/** What the CLI writes ahead of a message: a remark about it, or a summary of what came before. */
const announcesNext = (entry: TranscriptEntry): boolean =>
  entry.isMeta === true || entry.isCompactSummary === true || entry.subtype === 'compact_boundary';

/**
 * The part before the mark of a call that waits for a person. With the mark a resume asks for that call again, and two
 * conversations would; without it the CLI tells the model that the call was cut off.
 */
const withoutOpenDeferral = (entries: TranscriptEntry[]): TranscriptEntry[] => {
  const lastAnswer = entries.findLastIndex((entry) => entry.type === 'assistant');
  const open = entries.findIndex((entry, index) => {
    if (index <= lastAnswer) return false;
    const attachment = attachmentOf(entry);
    const call = attachment?.type === 'hook_deferred_tool' ? attachment.toolUseID : undefined;
    return call !== undefined && !entries.slice(index).some((later) => answers(later, call));
  });
  return open < 0 ? entries : entries.slice(0, open);
};

const cutBefore = (all: TranscriptEntry[], before: readonly string[]): TranscriptEntry[] => {
  const unwanted = new Set(before);
  const found = all.findIndex((entry) => idsOf(entry).some((id) => unwanted.has(id)));
  const isLoose = (entry: TranscriptEntry): boolean => isBookkeeping(entry) || (found >= 0 && announcesNext(entry));
  const part = withoutOpenDeferral(found < 0 ? all : all.slice(0, found));
  return part.slice(0, part.findLastIndex((entry) => !isLoose(entry)) + 1);
};

export const branchTranscript: AgentProvider['branch'] = async (request) => {
  const { transcripts, agentSessionId, before } = request;
  const all = (await transcripts.load({ agentSessionId, subpath: '' })) ?? [];
  const entries = cutBefore(all, before);
  const kept = new Set(entries.flatMap(idsOf));
  const left = new Set(all.slice(entries.length).flatMap(idsOf));
  const sessionId = randomUUID();
  return {
    agentSessionId: sessionId,
    entries: entries.map((entry) => (entry.sessionId === agentSessionId ? { ...entry, sessionId } : entry)),
    holds: (messageId) => (kept.has(messageId) ? true : left.has(messageId) ? false : null),
  };
};
