import type { MarkedToken } from 'marked';
import { boundary, offsets } from './boundary.ts';
import { type Fence, fenceToken, growFence, openFence } from './fence.ts';
import { heal } from './heal.ts';
import { holdBack } from './hold-back.ts';
import { lex, lexWhole, type Meter, NO_TARGETS, outline, type Targets, withDefinitions } from './lex.ts';
import { relink } from './relink.ts';
import { softCut } from './soft-cut.ts';
import { type BlockToken, isVisible } from './tokens.ts';

/** A longer unfinished block is not read again for every few letters. */
const MAX_TAIL = 8192;

/** An answer as far as it has come. Never changed: a longer text makes a new one that shares the finished blocks. */
export interface Doc {
  readonly source: string;
  readonly live: boolean;
  /** What to draw. Blocks that did not change are the same objects as before. */
  readonly blocks: readonly BlockToken[];
  /** How many characters this update gave to the parser. */
  readonly lexed: number;
  /** Line ends made equal; `done` and the other places count in this text. */
  readonly text: string;
  /** The blocks before `doneEnd` are final. */
  readonly done: readonly BlockToken[];
  readonly doneEnd: number;
  readonly doneTargets: Targets;
  /** The labels as the blocks in `done` were read with them. */
  readonly targets: Targets;
  /** Parts of one very long unfinished block: put together again at its end. */
  readonly soft: readonly BlockToken[];
  readonly softEnd: number;
  /** The unfinished end, and up to where it was read. */
  readonly tail: readonly BlockToken[];
  readonly tailEnd: number;
  readonly fence: Fence | undefined;
}

export const EMPTY: Doc = {
  source: '',
  live: false,
  blocks: [],
  lexed: 0,
  text: '',
  done: [],
  doneEnd: 0,
  doneTargets: NO_TARGETS,
  targets: NO_TARGETS,
  soft: [],
  softEnd: 0,
  tail: [],
  tailEnd: 0,
  fence: undefined,
};

/**
 * The document for a text, given the one for an earlier state of it. Any earlier document gives the same blocks in
 * the end; one whose text is a beginning of the new text makes it cheap.
 */
export function advance(previous: Doc, source: string, live: boolean): Doc {
  if (previous.source === source && previous.live === live) return previous;
  const text = source.includes('\r') ? source.replace(/\r\n?/g, '\n') : source;
  const isLonger = text.startsWith(previous.text);
  const base = isLonger || text.startsWith(previous.text.slice(0, previous.doneEnd)) ? previous : EMPTY;
  const next = { ...base, source, live, text, lexed: 0 };
  if (!live) return finish(next);
  if (!isLonger || !previous.live) return read({ ...next, soft: [], softEnd: next.doneEnd, fence: undefined });
  return append(next) ?? read({ ...next, fence: undefined });
}

/** Everything after the final blocks at once, nothing completed or held back. */
function finish(doc: Doc): Doc {
  const meter = { lexed: 0 };
  const { tokens, targets } = lexWhole(doc.text.slice(doc.doneEnd), doc.doneTargets, meter);
  const done = relink(doc.done, doc.targets, targets, meter);
  const tail = tokens.filter(isVisible);
  return assemble({
    ...doc,
    done,
    targets,
    soft: [],
    softEnd: doc.doneEnd,
    tail,
    fence: undefined,
    lexed: meter.lexed,
  });
}

/** The updates that need no parser: more of an open fence, or a little more of a very long block. */
function append(doc: Doc): Doc | undefined {
  if (doc.fence !== undefined) {
    const fence = growFence(doc.fence, doc.text);
    if (fence === undefined) return undefined;
    const tail = [...doc.tail.slice(0, -1), fenceToken(fence, doc.text)];
    return assemble({ ...doc, fence, tail, tailEnd: doc.text.length });
  }
  const read = doc.tailEnd - doc.softEnd;
  const waiting = doc.text.length - doc.tailEnd;
  return read > MAX_TAIL && waiting < Math.max(512, read / 16) ? assemble(doc) : undefined;
}

/** Reads from the last place that is safe, and moves that place on. */
function read(doc: Doc): Doc {
  const meter = { lexed: doc.lexed };
  const src = doc.text.slice(doc.softEnd);
  const found = outline(src, meter);
  if (found === undefined) return readPlain(doc, src, meter);
  const { count, end } = boundary(found, src);
  if (count > 0 && doc.softEnd > doc.doneEnd) {
    // The very long block is over: read it once more, this time as one.
    return read({ ...doc, soft: [], softEnd: doc.doneEnd, lexed: meter.lexed });
  }
  const ended = found.slice(0, count);
  const doneTargets = withDefinitions(doc.doneTargets, ended);
  const targets = withDefinitions(doneTargets, found.slice(count), (raw) => raw.endsWith('\n') || !src.endsWith(raw));
  const fresh = count === 0 ? [] : lex(src.slice(0, end), targets, meter).filter(isVisible);
  const done = [...relink(doc.done, doc.targets, targets, meter), ...fresh];
  const doneEnd = count === 0 ? doc.doneEnd : doc.softEnd + end;
  const state = { ...doc, done, doneEnd, doneTargets, targets, softEnd: count === 0 ? doc.softEnd : doneEnd };
  return assemble({ ...readTail(state, found.slice(count), meter), lexed: meter.lexed });
}

/** The blocks after the final ones, completed for the eye. */
function readTail(doc: Doc, found: readonly MarkedToken[], meter: Meter): Doc {
  const tail = doc.text.slice(doc.softEnd);
  const tailEnd = doc.text.length;
  const fenceStart = startOfFence(found, tail);
  if (fenceStart !== undefined) {
    const fence = openFence(doc.text, doc.softEnd + fenceStart);
    if (fence !== undefined) {
      const before = lex(tail.slice(0, fenceStart), doc.targets, meter).filter(isVisible);
      return { ...doc, fence, tail: [...before, fenceToken(fence, doc.text)], tailEnd };
    }
  }
  const cut = tail.length > MAX_TAIL ? softCut(found, tail) : 0;
  const soft = cut === 0 ? doc.soft : [...doc.soft, ...lex(tail.slice(0, cut), doc.targets, meter).filter(isVisible)];
  const tokens = lex(heal(tail.slice(cut)), doc.targets, meter).filter(isVisible);
  holdBack(tokens);
  return { ...doc, soft, softEnd: doc.softEnd + cut, tail: tokens, tailEnd };
}

function readPlain(doc: Doc, src: string, meter: Meter): Doc {
  const tail = lex(src, doc.targets, meter).filter(isVisible);
  return assemble({ ...doc, tail, tailEnd: doc.text.length, lexed: meter.lexed });
}

/** Where a fence starts that reaches to the end of the text. */
function startOfFence(found: readonly MarkedToken[], tail: string): number | undefined {
  const last = found.at(-1);
  if (last?.type !== 'code' || last.codeBlockStyle === 'indented') return undefined;
  return offsets(found, tail)?.at(-1);
}

function assemble(doc: Doc): Doc {
  const waiting = doc.live ? doc.text.slice(doc.tailEnd) : '';
  const rest: readonly BlockToken[] =
    waiting === '' ? [] : [{ type: 'plain', raw: waiting, text: waiting, isWaiting: true }];
  return { ...doc, blocks: [...doc.done, ...doc.soft, ...doc.tail, ...rest] };
}
