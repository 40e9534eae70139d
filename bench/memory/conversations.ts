/** The evaluation set (LoCoMo): long conversations, and questions with the messages that answer them. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Text } from './library.ts';

const turnShape = z.looseObject({ speaker: z.string(), dia_id: z.string(), text: z.string() });
const chatShape = z.looseObject({
  conversation: z.record(z.string(), z.unknown()),
  qa: z.array(z.looseObject({ question: z.string(), evidence: z.array(z.string()), category: z.number() })),
});

/** Questions whose answer is not in the conversation. */
const unanswerable = 5;

export interface Turn extends Text {
  /** What the set calls it. */
  code: string;
}

export interface Question {
  text: string;
  /** Codes of the messages that hold the answer; at least one. */
  evidence: ReadonlySet<string>;
}

export interface Conversation {
  turns: Turn[];
  questions: Question[];
}

const turnsOf = (conversation: Record<string, unknown>): Turn[] =>
  Object.entries(conversation)
    .filter(([name, value]) => /^session_\d+$/.test(name) && Array.isArray(value))
    .flatMap(([runId, value]) =>
      z
        .array(turnShape)
        .parse(value)
        .map(({ dia_id: code, speaker, text }) => ({ code, runId, text: `${speaker}: ${text}` })),
    );

const toConversation = ({ conversation, qa }: z.infer<typeof chatShape>): Conversation => {
  const turns = turnsOf(conversation);
  const known = new Set(turns.map(({ code }) => code));
  const questions = qa
    .filter(({ category }) => category !== unanswerable)
    .map(({ question, evidence }) => ({
      text: question,
      evidence: new Set(evidence.flatMap((codes) => codes.split(/[;,\s]+/)).filter((code) => known.has(code))),
    }))
    .filter(({ evidence }) => evidence.size > 0);
  return { turns, questions };
};

export const readConversations = (file: string, most: number): Conversation[] =>
  z
    .array(chatShape)
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .slice(0, most)
    .map(toConversation);
