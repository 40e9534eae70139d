/** Memories in the words of the person. */
import type { Memory, MemoryAuthor, MemoryResult, MemorySettings } from '@hearth/contract';

export const authorWords: Record<MemoryAuthor, string> = {
  owner: 'You said it',
  assistant: 'Said by the assistant',
  untrusted: 'From an outside source',
};

export const piiChoices: readonly { value: MemorySettings['pii_mode']; label: string; hint: string }[] = [
  {
    value: 'block',
    label: 'Do not remember it',
    hint: 'A fact with a phone number, an address or the like is left out.',
  },
  {
    value: 'redact',
    label: 'Remember without the details',
    hint: 'The fact stays; the number or address in it is taken out.',
  },
  {
    value: 'flag',
    label: 'Remember and mark it',
    hint: 'Nothing is taken out. Such facts are marked “Personal data”.',
  },
  { value: 'allow', label: 'Remember like everything else', hint: 'Nothing is taken out and nothing is marked.' },
];

/** "" is what the server calls those without one. */
export const categoryWord = (name: string): string => {
  if (name === '') return 'No category';
  const words = name.replaceAll(/[_-]+/g, ' ').trim();
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
};

export const isPersonal = ({ metadata }: Pick<Memory, 'metadata'>): boolean => metadata.contains_pii === true;

/** Which kinds of personal data were found in it. */
export const personalKinds = ({ metadata }: Pick<Memory, 'metadata'>): readonly string[] =>
  Array.isArray(metadata.pii_types)
    ? metadata.pii_types.flatMap((kind) => (typeof kind === 'string' ? [kind.replaceAll('_', ' ').toLowerCase()] : []))
    : [];

/** What a row shows, of a list and of a search alike. */
export interface Shown {
  id: string;
  text: string;
  category: string | null;
  occurredAt: string;
  author: MemoryAuthor;
  personal: boolean;
  corrects: boolean;
  /** It is in no index yet: a search will not find it for a moment. */
  isNew: boolean;
  session: string | null;
  /** People and things that led here, for results of a search. */
  through: readonly string[];
}

export const shownMemory = (memory: Memory): Shown => ({
  id: memory.id,
  text: memory.memory,
  category: memory.category,
  occurredAt: memory.occurred_at,
  author: memory.author,
  personal: isPersonal(memory),
  corrects: memory.supersedes !== null,
  isNew: memory.searchable === 'soon',
  session: memory.source.session_id,
  through: [],
});

/** `known` is what the list says about the same memory: results are told of in fewer words. */
export const shownResult = (result: MemoryResult, known: Memory | undefined): Shown => ({
  ...(known
    ? shownMemory(known)
    : {
        corrects: false,
        isNew: false,
        session: null,
        category: typeof result.metadata.category === 'string' ? result.metadata.category : null,
      }),
  id: result.id,
  text: result.memory,
  occurredAt: result.occurred_at,
  author: result.author,
  personal: isPersonal(result),
  through: result.reasons?.through ?? [],
});

export const noPeople = 'The memory engine of this server does not keep who and what belongs together.';

const missing = { meaning: 'Meaning search', index: 'The search index', graph: 'The people and things graph' };

/** One line about what a search had to do without; null when it had everything. */
export const degradedLine = (degraded: readonly ('meaning' | 'index' | 'graph')[]): string | null => {
  if (degraded.includes('index')) return `${missing.index} is away; matching words in the database instead.`;
  if (degraded.includes('meaning')) return `${missing.meaning} is off; matching words instead.`;
  return degraded.includes('graph') ? `${missing.graph} is away; what it links is not found.` : null;
};
