/** "Think hard about …": visible thinking first, then the answer. */
import type { Block } from '../protocol.ts';
import { type Step, text, thinking, toPlan } from '../script.ts';
import type { Rule, Turn } from './turn.ts';
import { clipped, listed, topicWords, withoutPoliteness } from './words.ts';

const asked =
  /\b(?:think|reason|ponder)\s+(?:very |really |long and )?(?:hard|hardly|deeply|carefully|step by step|it through|through)\b\s*(?:about|on|over|of|through)?[:,]?\s*/i;

export interface ThinkingDeps {
  /** The answer without the wish to think, when the demo has one. */
  answerFor: (turn: Turn, prompt: string) => Step | undefined;
}

const thoughtsOn = (subject: string): string =>
  [
    `The question is about ${clipped(subject, 120)}.`,
    `First: what do I know? The words that matter: ${listed(topicWords(subject)) || 'few'}.`,
    'Second: is it in the demo data? I look through people, machines, calendar, shopping list and notes.',
    'Third: what would a careful answer say? What is known, what is not, and what to try next.',
  ].join('\n\n');

const considered = (subject: string): Block =>
  text(
    `Having thought about **${clipped(subject, 80)}**:\n\n1. The demo model cannot judge it; it has no knowledge beyond the demo home.\n2. A real model would weigh the reasons for and against here.\n3. What you can see already is how thinking is shown before an answer.`,
  );

export const createThinkingRule = ({ answerFor }: ThinkingDeps): Rule => ({
  name: 'thinking',
  reply(turn) {
    if (!asked.test(turn.prompt)) return undefined;
    const subject = withoutPoliteness(turn.prompt.replace(asked, '')).replace(/[.!?]+$/, '') || 'the question';
    const answer = answerFor(turn, subject);
    const plan = answer === undefined ? null : toPlan(answer);
    const content = plan?.kind === 'answer' ? plan.content : [considered(subject)];
    return [thinking(thoughtsOn(subject)), ...content];
  },
});
