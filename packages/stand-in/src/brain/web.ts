/** The web: fetch an address, search for something. The demo model itself reaches nothing; the tools do. */
import { type Rule, useTool } from './turn.ts';
import { unquoted, withoutPoliteness } from './words.ts';

const address = /\bhttps?:\/\/[^\s<>"'`)\]]+/i;
const bareAddress = /^(?:fetch|download|visit|browse|get)\s+((?:[\w-]+\.)+[a-z]{2,}(?:\/\S*)?)/i;

export const fetchRule: Rule = {
  name: 'fetch',
  reply(turn) {
    const matter = withoutPoliteness(turn.prompt);
    const full = address.exec(turn.prompt)?.[0];
    const asked = /\b(?:fetch|open|read|load|visit|summari[sz]e|get|look at|check|what(?:'s|’s| is) (?:on|at))\b/i.test(
      matter,
    );
    const bare = bareAddress.exec(matter)?.[1];
    const wanted = full && asked ? full : bare && `https://${bare}`;
    if (!wanted) return undefined;
    const url = wanted.replace(/[.,;!?]+$/, '');
    return useTool(turn, {
      name: 'WebFetch',
      inputs: [{ url, prompt: 'Summarise this page in a few sentences.' }],
      say: `I’ll fetch ${url}.`,
      purpose: 'fetch a page',
    });
  },
};

export const webSearchRule: Rule = {
  name: 'web search',
  reply(turn) {
    const wanted =
      /^(?:search|look)(?: on)?(?: the)? (?:web|internet|online)(?: for)?\s+(.+?)[.?!]?$|^google\s+(.+?)[.?!]?$/i.exec(
        withoutPoliteness(turn.prompt),
      );
    const query = unquoted(wanted?.[1] ?? wanted?.[2] ?? '');
    if (query === '') return undefined;
    return useTool(turn, {
      name: 'WebSearch',
      inputs: [{ query }],
      say: `I’ll search the web for “${query}”.`,
      purpose: 'search the web',
    });
  },
};
