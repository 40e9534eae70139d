/** What no rule knows: say so, show what was understood, offer what works. Always answers. */
import { type Step, text } from '../script.ts';
import { thingsToTry } from './smalltalk.ts';
import type { Turn } from './turn.ts';
import { listed, topicWords } from './words.ts';

export const answerUnknown = ({ prompt }: Turn): Step => {
  const words = topicWords(prompt).map((word) => `**${word.replace(/([*_`[\]<>])/g, '\\$1')}**`);
  const understood = words.length > 0 ? `I understood that it is about ${listed(words)}, but` : 'I am afraid';
  return [
    text(
      `${understood} I am only the demo model: no account is connected, and I know nothing beyond one made-up home. What works here:\n\n${thingsToTry}`,
    ),
  ];
};
