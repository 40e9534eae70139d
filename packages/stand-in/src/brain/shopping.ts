/**
 * The shopping list. Items added or ticked off live in the conversation, not here: the list is worked out anew from
 * what the human said so far, so it survives a restart together with the conversation.
 */
import { text } from '../script.ts';
import { demoMark, type Rule, type Turn } from './turn.ts';
import { bullets, listed, unquoted } from './words.ts';

const adding = /\b(?:add|put)\s+(.+?)\s+(?:to|on|onto)\s+(?:the|my|our)?\s*(?:shopping|grocery|groceries)?\s*list\b/i;
const removing =
  /\b(?:remove|delete|take|tick off|cross off)\s+(.+?)\s+(?:from|off)\s+(?:the|my|our)?\s*(?:shopping|grocery)?\s*list\b/i;
const bought = /\b(?:i|we)(?:'ve|’ve| have)? (?:just )?bought\s+(.+?)[.!]?$/i;

const itemsIn = (value: string): string[] =>
  value
    .split(/,|\band\b|&/i)
    .map((item) => unquoted(item.trim().replace(/^(?:some|a|an|the)\s+/i, '')))
    .filter((item) => item !== '');

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

const applied = (list: string[], said: string): string[] => {
  const added = itemsIn(adding.exec(said)?.[1] ?? '');
  const removed = itemsIn(removing.exec(said)?.[1] ?? bought.exec(said)?.[1] ?? '');
  const fresh = added.filter((item) => !list.some((known) => isSame(known, item)));
  return [...list, ...fresh].filter((item) => !removed.some((gone) => isSame(gone, item)));
};

const currentList = ({ request, home }: Turn): string[] => request.humanTexts.reduce(applied, home.shopping);

const listText = (items: string[]): string => (items.length === 0 ? 'The list is empty.' : bullets(items));

export const shoppingRule: Rule = {
  name: 'shopping',
  reply(turn) {
    const { prompt } = turn;
    const items = currentList(turn);
    const added = itemsIn(adding.exec(prompt)?.[1] ?? '');
    if (added.length > 0) return [text(`Added ${listed(added)}. The list now:\n\n${listText(items)}\n\n${demoMark}`)];
    const removed = itemsIn(removing.exec(prompt)?.[1] ?? bought.exec(prompt)?.[1] ?? '');
    if (removed.length > 0) {
      return [text(`Taken off the list: ${listed(removed)}. Still to buy:\n\n${listText(items)}\n\n${demoMark}`)];
    }
    const isAbout = /\b(?:shopping|grocery|groceries|need to buy|to buy)\b/i.test(prompt);
    return isAbout ? [text(`On the shopping list:\n\n${listText(items)}\n\n${demoMark}`)] : undefined;
  },
};
