/** Subagents: hand a question to one helper, or two in parallel. Only questions the demo can answer are handed on. */
import type { Block } from '../protocol.ts';
import { text, toolUse } from '../script.ts';
import { findTool, type Rule, type Turn } from './turn.ts';
import { capitalised, clipped, unquoted, withoutPoliteness } from './words.ts';

const asked =
  /\bsub-?agents?\b|\bin parallel\b|\bhelper agents?\b|\b(?:use|start|spawn|ask) (?:an? |two |several )?(?:agents?|helpers?)\b|\bdelegate\b/gi;

interface Task {
  description: string;
  prompt: string;
}

const usual: Task[] = [
  { description: 'Check the machines', prompt: 'How are the machines doing?' },
  { description: 'Read the calendar', prompt: 'What is on the calendar this week?' },
];

/** What is left of the prompt when the wish for helpers is taken out. */
const subjectOf = (prompt: string): string =>
  unquoted(
    withoutPoliteness(prompt)
      .replace(asked, ' ')
      .replace(/^(?:use|start|spawn|ask|have|let|an?|two|the|\s)+/i, '')
      .replace(/^(?:to|and|for|that|\s)+/i, '')
      .replace(/[\s.!]+$/, '')
      // A verb alone is no subject: "research in parallel".
      .replace(/^(?:research|check|look|work|try|do|show me|demo)$/i, ''),
  );

export interface HelpersDeps {
  /** Whether the demo has an answer of its own for a prompt. */
  canAnswer: (turn: Turn, prompt: string) => boolean;
}

const toBlock = (turn: Turn, tool: { name: string; input_schema?: Record<string, unknown> }, task: Task): Block => {
  const properties = JSON.stringify(tool.input_schema?.properties ?? {});
  // Newer clients start helpers in the background unless told otherwise; the demo wants to show their answer.
  const foreground = properties.includes('"run_in_background"') ? { run_in_background: false } : {};
  const type =
    turn.request.systemText.includes('- general-purpose:') || tool.name === 'Task'
      ? { subagent_type: 'general-purpose' }
      : {};
  return toolUse(tool.name, { ...task, ...type, ...foreground });
};

export const createHelpersRule = ({ canAnswer }: HelpersDeps): Rule => ({
  name: 'helpers',
  reply(turn) {
    if (turn.prompt.search(asked) === -1) return undefined;
    const found = findTool(turn, /^(?:Agent|Task)$/);
    if (!found) return [text('I would need the `Agent` tool to use helpers, and this conversation does not offer it.')];
    if ('load' in found) return found.load;
    const subject = subjectOf(turn.prompt);
    const known = subject !== '' && canAnswer(turn, subject);
    const parallel = /\bparallel\b|\btwo\b|\bseveral\b|agents\b|helpers\b/i.test(turn.prompt);
    const tasks = known
      ? [{ description: clipped(capitalised(subject), 40), prompt: capitalised(subject) }]
      : parallel
        ? usual
        : usual.slice(0, 1);
    const why =
      known || subject === ''
        ? ''
        : `The demo knows nothing about “${clipped(subject, 60)}”, so I give out what it does know. `;
    const say =
      tasks.length > 1
        ? `${why}Two helpers work at the same time: one looks at the machines, the other at the calendar.`
        : `${why}A helper looks into it.`;
    return [text(say), ...tasks.map((task) => toBlock(turn, found.offer, task))];
  },
});
