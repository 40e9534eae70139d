/** Structured output: the client offers a tool with the schema of the final answer, and wants it called. */
import { type Step, text, toolUse, toPlan } from '../script.ts';
import { instanceOf } from './schema-instance.ts';
import { offeredTool, type Rule, type Turn } from './turn.ts';
import { clipped } from './words.ts';

export const structuredTool = 'StructuredOutput';

export interface StructuredDeps {
  answerFor: (turn: Turn, prompt: string) => Step | undefined;
}

const plainText = (step: Step | undefined): string => {
  const plan = step === undefined ? null : toPlan(step);
  const content = plan?.kind === 'answer' ? plan.content : [];
  if (content.some(({ type }) => type === 'tool_use')) return '';
  const texts = content.map((block) => (block.type === 'text' ? block.text : ''));
  return texts.join(' ').replace(/[*`#|]|---/g, '');
};

export const createStructuredRule = ({ answerFor }: StructuredDeps): Rule => ({
  name: 'structured output',
  reply(turn) {
    const offer = offeredTool(turn, structuredTool);
    if (!offer) return undefined;
    const hint = clipped(plainText(answerFor(turn, turn.prompt)), 200) || 'demo';
    return [
      text('Here is the answer in the form you asked for.'),
      toolUse(structuredTool, instanceOf(offer.input_schema ?? {}, hint)),
    ];
  },
});
