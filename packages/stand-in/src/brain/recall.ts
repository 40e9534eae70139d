/**
 * Answers from the conversation itself: names, code words, earlier messages. Nothing is stored; everything is read
 * from the request, so the answers also hold after a restart.
 */
import { text } from '../script.ts';
import type { Rule, Turn } from './turn.ts';
import { clipped, numbered } from './words.ts';

const stated =
  /\b(my|our|the)\s+([\p{L}][\p{L}\s'’-]{0,40}?)\s+(?:is|are)\s+(?:called\s+|now\s+)?["“'`]?([^\n.!?,;"”`]{1,80})/giu;
const called = /\b(?:call me|i am called|i'm called|i’m called)\s+(\p{L}[\p{L}'’-]*)/giu;
const asking =
  /\b(?:what|who|which)(?:'s|’s|\s+is|\s+was|\s+are|\s+were)?\s+(my|our|the)\s+([\p{L}][\p{L}\s'’-]{0,40}?)(?:\s+(?:again|is|was|i told you|i gave you|i mentioned).*)?\s*[?.!]*$/iu;

const keyOf = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[\s'’-]+/g, '')
    .replace(/^(?:secret|first|own)/, '');

/** What the human stated, the latest statement of each thing last. */
export const factsIn = (texts: string[]): Map<string, string> => {
  const facts = new Map<string, string>();
  for (const said of texts.filter((value) => !/\?\s*$/.test(value))) {
    for (const [, , thing = '', value = ''] of said.matchAll(stated)) facts.set(keyOf(thing), value.trim());
    for (const [, name = ''] of said.matchAll(called)) facts.set('name', name);
  }
  return facts;
};

const earlier = ({ request, prompt }: Turn): string[] => {
  const at = request.humanTexts.lastIndexOf(prompt);
  return at === -1 ? request.humanTexts : request.humanTexts.slice(0, at);
};

const factRule: Rule = {
  name: 'recall fact',
  reply(turn) {
    const facts = factsIn(earlier(turn));
    const { prompt } = turn;
    const whoAmI = /\bwho am i\b|\b(?:do you )?(?:know|remember) my name\b/i.test(prompt);
    const [, owner = 'my', thing = ''] = whoAmI ? ['', 'my', 'name'] : (asking.exec(prompt) ?? []);
    if (thing === '') return undefined;
    const value = facts.get(keyOf(thing));
    const whose = owner.toLowerCase() === 'the' ? 'The' : owner.toLowerCase() === 'our' ? 'Your' : 'Your';
    if (value !== undefined)
      return [text(`${whose} ${thing} is **${value}**; you told me earlier in this conversation.`)];
    const isPersonal = /^(?:name|code ?word|secret|favou?rite\b.*|birthday|number|password)$/i.test(thing);
    return isPersonal
      ? [text(`You have not told me ${whose.toLowerCase()} ${thing} in this conversation.`)]
      : undefined;
  },
};

const ordinal = (prompt: string): 'first' | 'last' | 'all' | undefined => {
  if (
    /\b(?:my|the) (?:very )?first (?:message|question|thing|prompt)\b|\bwhat did i (?:say|ask|write|tell you)(?: you)? (?:very )?(?:first|at the (?:start|beginning))\b/i.test(
      prompt,
    )
  )
    return 'first';
  if (
    /\bmy (?:last|previous) (?:message|question|thing|prompt)\b|\bwhat did i (?:just )?(?:say|ask|write|tell you)(?: you)?(?: (?:last|before|just now))?\s*[?.!]*$/i.test(
      prompt,
    )
  )
    return 'last';
  if (
    /\bwhat (?:did|have) (?:i|we) (?:say|said|ask|asked|talk|talked|discuss|discussed)\b|\bsumm?ari[sz]e (?:our|this|the) (?:conversation|chat)\b|\bwhat (?:were|have) we (?:been )?talking about\b/i.test(
      prompt,
    )
  )
    return 'all';
  return undefined;
};

const messagesRule: Rule = {
  name: 'recall messages',
  reply(turn) {
    const which = ordinal(turn.prompt);
    if (!which) return undefined;
    const said = earlier(turn);
    const one = which === 'first' ? said[0] : said.at(-1);
    if (one === undefined) return [text('This is your first message in this conversation.')];
    if (which === 'all') {
      const lines = said.slice(-10).map((value) => `“${clipped(value, 120)}”`);
      const heading = said.length > lines.length ? `The last ${lines.length} things you wrote` : 'So far you wrote';
      return [text(`${heading}:\n\n${numbered(lines)}`)];
    }
    return [text(`Your ${which === 'first' ? 'first' : 'previous'} message was: “${clipped(one, 300)}”`)];
  },
};

/** A statement and nothing else: acknowledge it, so that it can be asked for later. */
export const statementRule: Rule = {
  name: 'statement',
  reply({ prompt }) {
    const [fact] = [...factsIn([prompt])];
    if (fact === undefined || prompt.length > 300) return undefined;
    const [thing, value] = fact;
    if (thing === 'name')
      return [
        text(`Nice to meet you, **${value}**. Ask me “what is my name?” at any later time, also after a restart.`),
      ];
    return [text(`Noted for this conversation: **${value}**. Ask me for it at any later time, also after a restart.`)];
  },
};

export const recallRules: Rule[] = [messagesRule, factRule];
