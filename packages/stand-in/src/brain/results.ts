/**
 * Comments on what tools brought back. Invariants: a result is never followed by another try of the same thing; what
 * failed or was refused is said plainly; what the human added meanwhile is answered as well.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ToolResult } from '../model-request.ts';
import type { Block } from '../protocol.ts';
import { type Step, text, toPlan } from '../script.ts';
import { describeAttachments } from './attachments.ts';
import { changeAfterSearch } from './memory-changes.ts';
import { structuredTool } from './structured.ts';
import type { Rule, Turn } from './turn.ts';
import { clipped, fenced, numbered, quoted } from './words.ts';

export interface ResultsDeps {
  /** Answers a prompt by the other rules. */
  answer: (turn: Turn, prompt: string) => Step;
}

const refused =
  /doesn['’]t want to proceed|\bden(?:ied|y)\b|\bnot allowed\b|\brejected\b|\brefused\b|\bdeclined\b|\bblocked\b|haven['’]t granted|\bforbidden\b|requested permissions|\bsaid no\b|\bnot approved\b|\bnobody (?:answered|decided)\b|\bcancel|\bdid not run\b|\bnot available\b|\bread-only\b|\bswitched off\b|\bis outside\b|\bnot readable\b/i;
/** A command that ran and failed may well print "Permission denied". */
const ran = /^\s*(?:Error: )?Exit code \d+/i;

const subjectOf = ({ name, input }: ToolResult): string => {
  const main = input.command ?? input.file_path ?? input.url ?? input.pattern ?? input.query ?? input.description;
  return typeof main === 'string' ? `\`${name}\` (\`${clipped(main, 80)}\`)` : `\`${name || 'The tool'}\``;
};

/** A shell command that was let through says how it ended. */
const wasRefused = ({ name, text: said }: ToolResult): boolean =>
  !ran.test(said) && (name === 'Bash' || refused.test(said));

const failureText = (result: ToolResult): string => {
  const essence = fenced(result.text.replace(/<\/?tool_use_error>/g, '') || 'no reason was given', {
    maxLines: 12,
    maxChars: 600,
  });
  if (wasRefused(result)) {
    return `${subjectOf(result)} was not allowed, so it **did not happen**. I will not try it again.\n\n${essence}`;
  }
  return `${subjectOf(result)} **failed**; it did not do what you asked. I will not try it again by myself.\n\n${essence}`;
};

const answersText = ({ text: given }: ToolResult): string => {
  const pairs = [...given.matchAll(/"([^"]+)"\s*=\s*"([^"]+)"/g)].map(
    ([, question, chosen]) => `${question} **${chosen}**`,
  );
  return pairs.length === 0
    ? `Your answer:\n\n${fenced(given)}`
    : `${pairs.join('\n\n')}\n\nNoted. This is the demo, so nothing was booked or ordered.`;
};

/** The client wraps a helper's report in a note to the model and indents it. */
const withoutFrame = (report: string): string => {
  const framed = /\[Subagent hand-back\][^\n]*\n([\s\S]*)/.exec(report)?.[1];
  if (framed === undefined) return report;
  const lines = framed.split('\n');
  const end = lines.findIndex((line) => line !== '' && !line.startsWith('  '));
  return lines
    .slice(0, end === -1 ? undefined : end)
    .map((line) => line.replace(/^ {2}/, ''))
    .join('\n');
};

const helperText = ({ text: report, input }: ToolResult): string => {
  const body = withoutFrame(report)
    .replace(/^agentId:.*$/gim, '')
    .replace(/<usage>[\s\S]*?<\/usage>/g, '')
    .trim();
  const about = typeof input.description === 'string' ? ` (${input.description})` : '';
  return `The helper${about} reports:\n\n${quoted(clippedLines(body))}`;
};

const clippedLines = (value: string): string => {
  const lines = value.split('\n');
  return lines.length <= 40 ? value : `${lines.slice(0, 40).join('\n')}\n…`;
};

const todosText = ({ input }: ToolResult): string => {
  const todos = Array.isArray(input.todos) ? input.todos : [];
  const lines = todos.map((todo: unknown) =>
    typeof todo === 'object' && todo !== null && 'content' in todo ? String(todo.content) : '',
  );
  return `The steps are on the list:\n\n${numbered(lines.filter((line) => line !== ''))}\n\nThis is a pattern of the demo model, not advice.`;
};

const successText = (result: ToolResult): string => {
  const { name } = result;
  if (name === 'AskUserQuestion') return answersText(result);
  if (name === 'Agent' || name === 'Task') return helperText(result);
  if (name === 'TodoWrite') return todosText(result);
  if (name === structuredTool) return 'Done.';
  if (name === 'Write' || name === 'Edit') return `Done: ${subjectOf(result)}. Say “read file …” to see what is in it.`;
  if (/memory_forget$/.test(name)) return 'Forgotten; it is never used again.';
  if (/memory_correct$/.test(name)) return 'Corrected; the old one is never used again.';
  if (/memory_(?:save|add|write|store)$/.test(name)) return 'Saved to memory; later conversations can use it.';
  const images = result.images.length > 0 ? `${describeAttachments(result.images)}\n\n` : '';
  if (result.text.trim() === '') return images || `${subjectOf(result)} finished without any output.`;
  return `${images}${subjectOf(result)} worked. It says:\n\n${fenced(result.text)}`;
};

const comment = (result: ToolResult): string => (result.isError ? failureText(result) : successText(result));

/** Without uses that equal one that has just failed or been refused. */
const withoutRetries = (blocks: Block[], results: ToolResult[]): Block[] =>
  blocks.filter(
    (block) =>
      block.type !== 'tool_use' ||
      !results.some(
        ({ isError, name, input }) => isError && name === block.name && isDeepStrictEqual(input, block.input),
      ),
  );

export const createResultsRule = ({ answer }: ResultsDeps): Rule => ({
  name: 'tool results',
  reply(turn) {
    const { toolResults, prompt, humanTexts } = turn.request;
    if (toolResults.length === 0) return undefined;
    const loaded = { ...turn, mayLoadTools: false };
    if (toolResults.every(({ name }) => name === 'ToolSearch'))
      return answer(loaded, prompt || (humanTexts.at(-1) ?? ''));
    const change = changeAfterSearch(turn, toolResults);
    if (change !== undefined) return change;
    const comments = toolResults
      .filter(({ name }) => name !== 'ToolSearch')
      .map(comment)
      .join('\n\n');
    if (prompt === '') return [text(comments)];
    const plan = toPlan(answer(loaded, prompt));
    const more = plan.kind === 'answer' ? withoutRetries(plan.content, toolResults) : [];
    return [text(`${comments}\n\nYou added: “${clipped(prompt, 120)}”.\n\n`), ...more];
  },
});

/** News about work in the background comes as a message of its own, not from the human. */
export const notificationRule: Rule = {
  name: 'notification',
  reply({ prompt }) {
    if (!prompt.startsWith('<task-notification>')) return undefined;
    const said =
      /<result>([\s\S]*?)<\/result>/.exec(prompt)?.[1] ?? /<summary>([\s\S]*?)<\/summary>/.exec(prompt)?.[1] ?? '';
    return [
      text(`Work in the background has ended:\n\n${quoted(clippedLines(said.trim() || 'no details were given'))}`),
    ];
  },
};
