import type { GraphFact } from '../../ports/graph-store.ts';

/** Names of people and things as they are compared: by their words, whatever their case, width or marks between them. */
const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];

/** Empty for a name without a letter or digit: nothing can be found by it. */
export const nameKey = (name: string): string => wordsOf(name).join(' ');

const mostWords = 2_000;
const longestName = 6;

/** Every run of words in a text that could be a name, as keys. */
export const namesIn = (text: string): string[] => {
  const words = wordsOf(text).slice(0, mostWords);
  const keys = new Set<string>();
  for (let from = 0; from < words.length; from += 1)
    for (let length = 1; length <= longestName && from + length <= words.length; length += 1)
      keys.add(words.slice(from, from + length).join(' '));
  return [...keys];
};

/** What a fact speaks of, each once and in the order of keys, so that two writers never wait for each other. */
export const entitiesIn = (fact: GraphFact): { key: string; name: string; kind: string }[] => {
  const ends = fact.relations.flatMap(({ from, to }) => [from, to]).map((name) => ({ name, kind: 'thing' }));
  const wanted = new Map<string, { key: string; name: string; kind: string }>();
  for (const { name, kind } of [...fact.entities, ...ends]) {
    const key = nameKey(name);
    if (key !== '' && !wanted.has(key)) wanted.set(key, { key, name: name.trim(), kind });
  }
  return [...wanted.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
};
