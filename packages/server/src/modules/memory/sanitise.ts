/**
 * What is taken out of a text before it is remembered: secrets always, personal data as the owner chose. It happens
 * before any sink: the row, the words, the vectors, the graph (security.md, case 59, section 6).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MemorySettings } from '@hearth/contract';
import { redactSteps } from '../../kernel/redact-secrets.ts';
import { findPii, type PiiType, redactPii } from './pii.ts';

export type PiiMode = MemorySettings['pii_mode'];

export interface Sanitised {
  text: string;
  piiTypes: PiiType[];
  /** Secrets were taken out. */
  redacted: boolean;
}

export type Sanitise = (text: string, mode: PiiMode) => Promise<Sanitised | 'blocked'>;

/** Others get their turn between slices: the work grows with the text, and a text may be long. */
export const createSanitise =
  (secrets: () => readonly string[]): Sanitise =>
  async (text, mode) => {
    const steps = redactSteps(text, { known: secrets() });
    let step = steps.next();
    while (!step.done) {
      await nextTurn();
      step = steps.next();
    }
    const clean = step.value.text;
    const redacted = step.value.found.length > 0;
    if (mode === 'allow') return { text: clean, piiTypes: [], redacted };
    const hits = findPii(clean);
    const piiTypes = [...new Set(hits.map(({ type }) => type))].sort();
    if (hits.length === 0) return { text: clean, piiTypes, redacted };
    if (mode === 'block') return 'blocked';
    return { text: mode === 'redact' ? redactPii(clean, hits) : clean, piiTypes, redacted };
  };
