import { lex, type Meter, type Targets } from './lex.ts';
import type { BlockToken } from './tokens.ts';

/** A label may be defined below its use: only the blocks that mention it are read again. */
export function relink(
  blocks: readonly BlockToken[],
  before: Targets,
  now: Targets,
  meter: Meter,
): readonly BlockToken[] {
  const labels = changed(before, now);
  if (labels.length === 0) return blocks;
  return blocks.map((block) => {
    if (!mentions(block, labels)) return block;
    const tokens = lex(block.raw, now, meter);
    const [token] = tokens;
    return tokens.length === 1 && token?.type === block.type ? token : block;
  });
}

function changed(before: Targets, now: Targets): readonly string[] {
  if (before === now) return [];
  const labels = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...labels].filter(
    (label) => before[label]?.href !== now[label]?.href || before[label]?.title !== now[label]?.title,
  );
}

function mentions(block: BlockToken, labels: readonly string[]): boolean {
  if (block.type === 'plain' || block.type === 'code' || !block.raw.includes('[')) return false;
  // The marks of quotes and lists can stand within a label, so there every bracket counts.
  if (block.type === 'blockquote' || block.type === 'list') return true;
  const raw = block.raw
    .replace(/\s+/g, ' ')
    .replaceAll('[ ', '[')
    .replaceAll(' ]', ']')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase();
  return labels.some((label) => raw.includes(`[${label}]`));
}
