/** Plans: a task list when the client keeps one, otherwise numbered steps. */
import { text, toolUse } from '../script.ts';
import { findTool, offeredTool, type Rule } from './turn.ts';
import { clipped, numbered, unquoted, withoutPoliteness } from './words.ts';

const planning =
  /^(?:(?:help (?:me|us) )?(?:make|create|write|draw up|give me|i need|we need) )?(?:a |the |me a |us a |my |our )?plan(?:\s+(?:for|to|of|how to))?\s+(.+?)[.!?]?$/is;
const helping = /^help (?:me|us) plan\s+(.+?)[.!?]?$/is;

export interface PlanStep {
  content: string;
  activeForm: string;
}

export const planSteps = (subject: string): PlanStep[] => [
  { content: `Write down what is needed for “${subject}”`, activeForm: `Writing down what is needed for “${subject}”` },
  { content: 'Check the calendar for a free day', activeForm: 'Checking the calendar' },
  { content: 'Put what is missing on the shopping list', activeForm: 'Filling the shopping list' },
  { content: 'Agree on it with everyone', activeForm: 'Agreeing on it' },
];

/** Only when the client says that it is planning; the tool fails otherwise. */
const isPlanMode = (systemText: string): boolean => /plan mode is (?:still )?active/i.test(systemText);

export const planRule: Rule = {
  name: 'plan',
  reply(turn) {
    const matter = withoutPoliteness(turn.prompt);
    const subject = clipped(unquoted((helping.exec(matter) ?? planning.exec(matter))?.[1] ?? ''), 60);
    if (subject === '') return undefined;
    const steps = planSteps(subject);
    const list = numbered(steps.map(({ content }) => content));
    if (isPlanMode(turn.request.systemText) && offeredTool(turn, 'ExitPlanMode')) {
      return [
        text(`My plan for “${subject}”:\n\n${list}`),
        toolUse('ExitPlanMode', { plan: `# ${subject}\n\n${list}` }),
      ];
    }
    const found = findTool(turn, 'TodoWrite');
    if (found && 'load' in found) return found.load;
    if (!found)
      return [text(`A plan for “${subject}”:\n\n${list}\n\nThis is a pattern of the demo model, not advice.`)];
    const todos = steps.map((step, index) => ({ ...step, status: index === 0 ? 'in_progress' : 'pending' }));
    return [text(`I’ll keep a list of steps for “${subject}”.`), toolUse('TodoWrite', { todos })];
  },
};
