/** Questions back to the human, with choices. */
import { text } from '../script.ts';
import { findTool, type Rule, type Turn, useTool } from './turn.ts';
import { bullets } from './words.ts';

interface Question {
  question: string;
  header: string;
  multiSelect: boolean;
  options: { label: string; description: string }[];
}

const question = (header: string, asked: string, options: [string, string][]): Question => ({
  question: asked,
  header,
  multiSelect: false,
  options: options.map(([label, description]) => ({ label, description })),
});

const table = question('Table', 'Which table shall it be?', [
  ['Friday 19:00', 'Trattoria Sole, by the window'],
  ['Saturday 18:30', 'Thai Garden, outside'],
  ['Sunday 12:30', 'Brunch at Café Linde'],
]);

const anything = question('Dinner', 'What would you like for dinner tonight?', [
  ['Pizza', 'Dough is in the freezer'],
  ['Curry', 'Needs coconut milk from the shop'],
  ['Leftovers', 'The soup from yesterday'],
]);

const pick = (prompt: string): Question | undefined => {
  if (/\b(?:book|reserve|get)\b.*\btable\b/i.test(prompt)) return table;
  if (
    /\bask me\b|\bquestion for me\b|\bhelp (?:me|us) (?:choose|decide|pick)\b|\bwhat should (?:i|we) (?:eat|cook|have)\b/i.test(
      prompt,
    )
  ) {
    return anything;
  }
  return undefined;
};

const asText = ({ question: asked, options }: Question) => [
  text(`${asked}\n\n${bullets(options.map(({ label, description }) => `**${label}**: ${description}`))}`),
];

const ask = (turn: Turn, asked: Question) =>
  useTool(turn, {
    name: 'AskUserQuestion',
    inputs: [{ questions: [asked] }],
    say: 'I need one answer from you first.',
    purpose: 'ask you something',
  });

export const askRule: Rule = {
  name: 'ask',
  reply(turn) {
    const asked = pick(turn.prompt);
    if (!asked) return undefined;
    return findTool(turn, 'AskUserQuestion') ? ask(turn, asked) : asText(asked);
  },
};
