/**
 * The demo model: an ordered table of rules, the first that has an answer wins; what none knows is said to be unknown.
 * Invariants: the same request at the same time has the same answer; nothing is kept between requests.
 */
import type { ModelRequest } from '../model-request.ts';
import type { Brain, Step } from '../script.ts';
import { askRule } from './ask.ts';
import { attachmentsRule, missingImageRule } from './attachments.ts';
import { calendarRule } from './calendar.ts';
import { extractionRule } from './extraction.ts';
import { deleteRule, noFileNameRule, readRule, searchRule, writeRule } from './files.ts';
import { createHelpersRule } from './helpers.ts';
import { type Household, lindqvistHome } from './household.ts';
import { machinesRule, restartRule } from './machines.ts';
import { rememberedRule, rememberRule } from './memory.ts';
import { changeMemoryRule } from './memory-changes.ts';
import { notesRule, peopleRule } from './people.ts';
import { planRule } from './plan.ts';
import { recallRules, statementRule } from './recall.ts';
import { rememberedFactRule } from './remembered.ts';
import { createResultsRule, notificationRule } from './results.ts';
import { diskRule, failingRule, listFilesRule, runRule } from './shell.ts';
import { shoppingRule } from './shopping.ts';
import { compactionRule, formatRule, summaryRule, titleRule } from './side.ts';
import { clockRule, greetingRule, helpRule, jokeRule, sumRule, thanksRule, whoRule } from './smalltalk.ts';
import { storyRule } from './story.ts';
import { createStructuredRule } from './structured.ts';
import { createThinkingRule } from './thinking.ts';
import type { Rule, Turn } from './turn.ts';
import { answerUnknown } from './unknown.ts';
import { fetchRule, webSearchRule } from './web.ts';

export interface HouseholdBrainDeps {
  now: () => Date;
  home?: Household;
}

/** Rules that stand for themselves, in order: what names a tool first, then the home, then small talk. */
const topics: Rule[] = [
  attachmentsRule,
  runRule,
  rememberRule,
  changeMemoryRule,
  rememberedRule,
  rememberedFactRule,
  ...recallRules,
  failingRule,
  restartRule,
  writeRule,
  deleteRule,
  fetchRule,
  readRule,
  noFileNameRule,
  webSearchRule,
  searchRule,
  listFilesRule,
  diskRule,
  askRule,
  planRule,
  storyRule,
  shoppingRule,
  calendarRule,
  peopleRule,
  helpRule,
  whoRule,
  machinesRule,
  notesRule,
  clockRule,
  sumRule,
  jokeRule,
  missingImageRule,
  greetingRule,
  thanksRule,
  statementRule,
];

const firstReply = (rules: Rule[], turn: Turn): Step | undefined => {
  for (const rule of rules) {
    const step = rule.reply(turn);
    if (step !== undefined) return step;
  }
  return undefined;
};

/** By the topics alone, for another wording of the prompt. */
const answerFor = (turn: Turn, prompt: string): Step | undefined => firstReply(topics, { ...turn, prompt });

const conversation: Rule[] = [
  createHelpersRule({ canAnswer: (turn, prompt) => answerFor(turn, prompt) !== undefined }),
  createThinkingRule({ answerFor }),
  ...topics,
];

const answer = (turn: Turn, prompt: string): Step => {
  const asked = { ...turn, prompt };
  return firstReply(conversation, asked) ?? answerUnknown(asked);
};

const rules: Rule[] = [
  createResultsRule({ answer }),
  compactionRule,
  titleRule,
  summaryRule,
  extractionRule,
  createStructuredRule({ answerFor }),
  formatRule,
  notificationRule,
  ...conversation,
];

/** A brain for a made-up household; `now` decides what "today" is. */
export const createHouseholdBrain =
  ({ now, home = lindqvistHome }: HouseholdBrainDeps): Brain =>
  (request: ModelRequest) => {
    const turn: Turn = { request, prompt: request.prompt, home, now: now(), mayLoadTools: true };
    return firstReply(rules, turn) ?? answerUnknown(turn);
  };
