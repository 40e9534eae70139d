/** Answers from what the client says it remembers of earlier conversations. */
import { text } from '../script.ts';
import type { Rule } from './turn.ts';

const line = /^- (\d{4}-\d{2}-\d{2}), ([^:]+): (".*")$/gm;

const common = new Set([
  'about',
  'there',
  'their',
  'which',
  'where',
  'would',
  'could',
  'should',
  'owner',
  'please',
  'again',
  'household',
]);
const tellingWords = (value: string): string[] =>
  (value.toLowerCase().match(/\p{L}{4,}/gu) ?? []).filter((word) => !common.has(word));

const stem = (word: string): string => word.replace(/(?:ies|es|s|ing|ed|y|ic)$/, '');

export const rememberedFactRule: Rule = {
  name: 'remembered fact',
  reply({ prompt, request }) {
    if (!/\?\s*$/.test(prompt) && !/^(?:what|who|where|when|do|does|am|is|can)\b/i.test(prompt)) return undefined;
    const asked = new Set(tellingWords(prompt).map(stem));
    for (const [, date = '', how = '', quoted = ''] of request.systemText.matchAll(line)) {
      const fact = String(JSON.parse(quoted));
      if (!tellingWords(fact).some((word) => asked.has(stem(word)))) continue;
      return [text(`From an earlier conversation (${date}, ${how}) I remember: “${fact}”`)];
    }
    return undefined;
  },
};
