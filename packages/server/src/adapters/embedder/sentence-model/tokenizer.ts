/**
 * Text to word pieces: the likeliest way to cut it (SentencePiece's unigram model). Which pieces come out decides the
 * vectors, so this cuts exactly as the library does for which the model was packed.
 */
import type { Pieces } from './weights.ts';

/** The first pieces of the list are marks, not text. */
const marks = 6;
const unknown = 0;
/** Stands for the space before a word. */
const space = '\u2581';

interface Node {
  next: Map<string, Node>;
  /** Null where no piece ends. */
  piece: number | null;
}

const plant = (pieces: Pieces): Node => {
  const root: Node = { next: new Map(), piece: null };
  for (const [at, [text]] of pieces.entries()) {
    if (at < marks) continue;
    let node = root;
    for (const letter of text) {
      const next = node.next.get(letter) ?? { next: new Map(), piece: null };
      node.next.set(letter, next);
      node = next;
    }
    node.piece = at;
  }
  return root;
};

const normal = (text: string): string => {
  const composed = text.normalize('NFKC');
  return composed === '' ? '' : space + composed.replaceAll(' ', space);
};

/** Several unknown pieces in a row are one. */
const mergeUnknown = (ids: readonly number[]): number[] =>
  ids.filter((id, at) => id !== unknown || ids[at - 1] !== unknown);

/** At least one piece: an empty text is an unknown one. */
export const createTokenizer = (pieces: Pieces): ((text: string) => number[]) => {
  const root = plant(pieces);
  return (text) => {
    const letters = [...normal(text)];
    /** For each place in the text: how likely the best way to it is, and its last piece. */
    const best = new Float64Array(letters.length + 1);
    const last = new Int32Array(letters.length + 1);
    const offer = (to: number, likelihood: number, piece: number): void => {
      if (best[to] !== 0 && likelihood < (best[to] ?? 0)) return;
      best[to] = likelihood;
      last[to] = piece;
    };
    for (let from = 0; from < letters.length; from += 1) {
      const before = best[from] ?? 0;
      let isKnown = false;
      let node: Node | undefined = root;
      for (let to = from; to < letters.length; to += 1) {
        node = node.next.get(letters[to] ?? '');
        if (!node) break;
        if (node.piece === null) continue;
        isKnown = true;
        offer(to + 1, before + (pieces[node.piece]?.[1] ?? 0), node.piece);
      }
      if (!isKnown) offer(from + 1, before, unknown);
    }
    const ids: number[] = [];
    for (let at = letters.length; at > 0; ) {
      const piece = last[at] ?? unknown;
      ids.push(piece);
      at -= pieces[piece]?.[0].length ?? 1;
    }
    return ids.length === 0 ? [unknown] : mergeUnknown(ids.reverse());
  };
};
