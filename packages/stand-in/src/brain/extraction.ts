/** Finding facts in a conversation, for Hearth's memory: by a few plain patterns, so that a demo shows how it works. */
import { text, toolUse } from '../script.ts';
import { structuredTool } from './structured.ts';
import { offeredTool, type Rule } from './turn.ts';

const mark = 'Find what is worth remembering';
const messageLine = /^\[(\d+)\] (person|assistant|other source): (".*")$/;
const knownLine = /^\[(\d+)\] (".*")$/;

const personal =
  /^(?:please )?(?:remember (?:that )?|note that |actually,? |no,? |correction:? )*(?:i['’]m|i am|i|my|we|our)\b/i;
const correcting = /\b(?:actually|no longer|not anymore|any more|correction|instead)\b|\bi['’]m not\b|\bi am not\b/i;

const verbs: Record<string, string> = {
  have: 'has',
  do: 'does',
  go: 'goes',
  am: 'is',
  "don't": 'does not',
  'don’t': 'does not',
};
const thirdPerson = (verb: string): string => verbs[verb.toLowerCase()] ?? (/s$/.test(verb) ? verb : `${verb}s`);

/** "I'm allergic to peanuts" -> "The owner is allergic to peanuts." */
export const asFact = (sentence: string): string => {
  const bare = sentence
    .replace(/^(?:(?:please|remember(?: that)?|note that|actually|no|correction)[,:]?\s+)+/i, '')
    .trim();
  const fact = bare
    .replace(/^i(?:['’]m| am)\b/i, 'The owner is')
    .replace(/^i (\S+)/i, (_all, verb: string) => `The owner ${thirdPerson(verb)}`)
    .replace(/^my\b/i, "The owner's")
    .replace(/^(?:we|our)\b/i, (word) => (/^we$/i.test(word) ? 'The household' : "The household's"))
    .replaceAll(/\bmy\b/gi, 'their')
    .replaceAll(/\bI\b/g, 'they');
  return `${fact.charAt(0).toUpperCase()}${fact.slice(1)}${/[.!?]$/.test(fact) ? '' : '.'}`;
};

const longWords = (value: string): Set<string> => new Set(value.toLowerCase().match(/\p{L}{5,}/gu) ?? []);
const shared = (one: string, other: string): number => {
  const words = longWords(other);
  return [...longWords(one)].filter((word) => words.has(word) && word !== 'owner').length;
};

const namesIn = (sentence: string): string[] => [
  ...new Set([...sentence.slice(1).matchAll(/\b\p{Lu}\p{L}+(?: \p{Lu}\p{L}+)*/gu)].map(([name]) => name)),
];

const parse = (value: string): string => {
  try {
    return String(JSON.parse(value));
  } catch {
    return value;
  }
};

const factsIn = (prompt: string) => {
  const lines = prompt.split('\n');
  const at = lines.indexOf('Messages:');
  const known = lines.slice(0, at).flatMap((line) => {
    const found = knownLine.exec(line);
    return found ? [parse(found[2] ?? '')] : [];
  });
  return lines.slice(at + 1).flatMap((line) => {
    const [, number = '', speaker = '', quoted = ''] = messageLine.exec(line) ?? [];
    if (speaker !== 'person') return [];
    const sentences = parse(quoted).split(/(?<=[.!?])\s+|\n+/);
    return sentences
      .map((sentence) => sentence.trim())
      .filter((sentence) => personal.test(sentence) && !/\?$/.test(sentence) && sentence.length > 8)
      .map((sentence) => {
        const fact = asFact(sentence);
        const same = known.indexOf(fact);
        const corrected = correcting.test(sentence) ? known.findIndex((one) => shared(one, fact) > 0) : -1;
        const names = namesIn(sentence);
        return {
          fact,
          category: /\b(?:allerg|ill|pain|doctor|medic)/i.test(fact) ? 'health' : 'preferences',
          message: Number(number),
          repeats: same >= 0 ? same : null,
          corrects: same < 0 && corrected >= 0 ? corrected : null,
          entities: names.map((name) => ({ name, kind: 'thing' })),
          relations: names.map((name) => ({ from: 'Owner', type: 'mentioned', to: name })),
        };
      });
  });
};

export const extractionRule: Rule = {
  name: 'extraction',
  reply(turn) {
    if (!turn.request.systemText.includes(mark) || !offeredTool(turn, structuredTool)) return undefined;
    return [text('Here is what I found.'), toolUse(structuredTool, { facts: factsIn(turn.prompt) })];
  },
};
