/** What a measure gets to work with. Each measure answers rows for the table, or throws when it cannot measure. */
import type { Hearth, Keys } from './hearth.ts';
import type { Reference } from './reference.ts';
import type { Scope } from './scope.ts';

export interface Bench {
  scope: Scope;
  hearth: Hearth;
  keys: Keys;
  reference: Reference;
  modelUrl: string;
  say: (text: string) => void;
}

/** What everyone asks; the stand-in answers a few sentences and uses no tool. */
export const prompt = 'Hello! How are you today?';
