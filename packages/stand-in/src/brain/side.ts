/**
 * Requests that are not part of the conversation: titles, summaries, compaction, answers as JSON.
 * Invariant: a person who merely talks about a title or a summary, with tools on offer, is not mistaken for one.
 */
import { type Step, text } from '../script.ts';
import { factsIn } from './recall.ts';
import { instanceOf } from './schema-instance.ts';
import type { Rule, Turn } from './turn.ts';
import { bullets, capitalised, clipped, topicWords } from './words.ts';

const wantsTitle =
  /\b(?:generate|write|create|give|suggest|come up with|produce|provide|reply with|answer with|respond with|return)\b[^.\n]{0,100}\b(?:title|headline|kebab-case name)\b|\btitle\b[^.\n]{0,60}\b(?:words|characters|chars)\b/i;
const wantsSummary = /\b(?:summari[sz]e|summary|recap)\b/i;
const wantsCompaction = /\byour task is to create a detailed summary of (?:the|this|our)\b/i;
const tagged =
  /<(conversation|session|transcript|message|messages|description|text|prompt|user_message|content)>([\s\S]*?)<\/\1>/i;

/** The matter of a request: between tags, else after the instruction. */
const matterOf = (turn: Turn): string => {
  const inTags = tagged.exec(turn.prompt)?.[2];
  if (inTags !== undefined) return inTags.trim();
  if (!wantsTitle.test(turn.prompt) && !wantsSummary.test(turn.prompt)) return turn.prompt;
  const afterColon = /[:\n]\s*([\s\S]+)$/.exec(turn.prompt)?.[1]?.trim();
  return afterColon || turn.request.humanTexts.find((said) => said !== turn.prompt) || turn.prompt;
};

export const titleOf = (matter: string): string => {
  const firstLine =
    matter
      .replace(/^(?:user|human|assistant)\s*:\s*/gim, '')
      .split('\n')
      .find((line) => line.trim() !== '') ?? '';
  const words = topicWords(firstLine).join(' ');
  return words === '' ? 'Household chat' : clipped(capitalised(words), 50);
};

/** As JSON when the client demanded a schema. */
const inFormat = (turn: Turn, value: string): Step => {
  const format = turn.request.body.output_config?.format;
  if (format?.type !== 'json_schema' || !format.schema) return [text(value)];
  return [text(JSON.stringify(instanceOf(format.schema, value)))];
};

const isAsked = (turn: Turn, pattern: RegExp): boolean =>
  turn.request.tools.length === 0 &&
  (pattern.test(turn.prompt) || (turn.request.isSide && pattern.test(turn.request.systemText)));

export const titleRule: Rule = {
  name: 'title',
  reply(turn) {
    const kebab = /kebab-case/i.test(turn.prompt);
    if (!isAsked(turn, wantsTitle) && !(kebab && wantsTitle.test(turn.prompt))) return undefined;
    const title = titleOf(matterOf(turn));
    return inFormat(turn, kebab ? title.toLowerCase().replace(/[^a-z0-9]+/g, '-') : title);
  },
};

export const compactionRule: Rule = {
  name: 'compaction',
  reply(turn) {
    if (!wantsCompaction.test(turn.prompt)) return undefined;
    const said = turn.request.humanTexts.filter((value) => value !== turn.prompt);
    const facts = [...factsIn(said)].map(([thing, value]) => `The ${thing} is ${value}.`);
    const lines = [...facts, ...said.slice(-20).map((value) => `The user wrote: “${clipped(value, 160)}”`)];
    return [text(`<analysis>\nThe messages in order.\n</analysis>\n\n<summary>\n${bullets(lines)}\n</summary>`)];
  },
};

export const summaryRule: Rule = {
  name: 'summary',
  reply(turn) {
    if (!turn.request.isSide || !isAsked(turn, wantsSummary)) return undefined;
    return inFormat(turn, `It is about ${topicWords(matterOf(turn)).join(', ') || 'the household'}.`);
  },
};

export const formatRule: Rule = {
  name: 'json format',
  reply: (turn) =>
    turn.request.body.output_config?.format?.type === 'json_schema'
      ? inFormat(turn, clipped(titleOf(turn.prompt), 60))
      : undefined,
};
