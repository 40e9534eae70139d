/**
 * Makes `kernel.wasm` of the sentence model: the loops of a matrix product with everything unrolled that stays in the
 * processor's registers. Six rows by two vectors of four is what fits into sixteen of them; the rows that are left at
 * the end go through a block of their own height.
 */
import wabt from 'wabt';
import { blockColumns, blockRows } from '../packages/server/src/adapters/embedder/sentence-model/kernel.ts';

const floatBytes = 4;
const vectorBytes = 16;
const vectors = blockColumns / 4;
/** Steps per turn of the inner loop. */
const steps = 2;

const times = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('\n');
const eachSum = (rows: number, line: (row: number, vector: number) => string): string =>
  times(rows, (row) => times(vectors, (vector) => line(row, vector)));
const add = (local: string, amount: string): string => `(local.set ${local} (i32.add (local.get ${local}) ${amount}))`;
const rowStart = (row: number): string =>
  `(i32.add (local.get $from) (i32.mul (local.get $stride) (i32.const ${row})))`;

/** Rows beside each other to numbers beside each other: first of all rows, second of all rows, and so on. */
const pack = `
(func $pack (param $from i32) (param $length i32) (param $stride i32) (param $to i32) (local $end i32)
  (local.set $end (i32.add (local.get $from) (i32.mul (local.get $length) (i32.const ${floatBytes}))))
  (loop $next
    ${times(blockRows, (row) => `(f32.store offset=${floatBytes * row} (local.get $to) (f32.load ${rowStart(row)}))`)}
    ${add('$to', `(i32.const ${floatBytes * blockRows})`)}
    ${add('$from', `(i32.const ${floatBytes})`)}
    (br_if $next (i32.lt_u (local.get $from) (local.get $end)))))`;

const step = (rows: number, at: number): string => `
    ${times(vectors, (vector) => `(local.set $right${vector} (v128.load offset=${vectorBytes * (vectors * at + vector)} (local.get $right)))`)}
    ${times(
      rows,
      (row) => `
    (local.set $one (v128.load32_splat offset=${floatBytes * (blockRows * at + row)} (local.get $left)))
    ${times(vectors, (vector) => `(local.set $sum${row}${vector} (f32x4.relaxed_madd (local.get $one) (local.get $right${vector}) (local.get $sum${row}${vector})))`)}`,
    )}`;

const blockType = `(type $block (func ${'(param i32)'.repeat(8)}))`;

/** `rows` rows of the packed left side, which has room for `blockRows` of them. */
const block = (rows: number): string => `
(func $block${rows} (param $left i32) (param $length i32) (param $right i32) (param $bias i32)
  (param $to i32) (param $stride i32) (param $onTop i32) (param $onlyPositive i32)
  (local $end i32) (local $one v128) (local $zero v128)
  ${times(vectors, (vector) => `(local $right${vector} v128)`)}
  ${eachSum(rows, (row, vector) => `(local $sum${row}${vector} v128)`)}
  ${eachSum(rows, (row, vector) => `(local.set $sum${row}${vector} (v128.load offset=${vectorBytes * vector} (local.get $bias)))`)}
  (if (local.get $onTop) (then
    (local.set $end (local.get $to))
    ${times(
      rows,
      (row) => `
    ${times(vectors, (vector) => `(local.set $sum${row}${vector} (f32x4.add (local.get $sum${row}${vector}) (v128.load offset=${vectorBytes * vector} (local.get $end))))`)}
    ${add('$end', '(local.get $stride)')}`,
    )}))
  (local.set $end (i32.add (local.get $right) (i32.mul (local.get $length) (i32.const ${vectorBytes * vectors}))))
  (loop $next
    ${times(steps, (at) => step(rows, at))}
    ${add('$left', `(i32.const ${floatBytes * blockRows * steps})`)}
    ${add('$right', `(i32.const ${vectorBytes * vectors * steps})`)}
    (br_if $next (i32.lt_u (local.get $right) (local.get $end))))
  (if (local.get $onlyPositive) (then
    ${eachSum(rows, (row, vector) => `(local.set $sum${row}${vector} (f32x4.max (local.get $sum${row}${vector}) (local.get $zero)))`)}))
  ${times(
    rows,
    (row) => `
  ${times(vectors, (vector) => `(v128.store offset=${vectorBytes * vector} (local.get $to) (local.get $sum${row}${vector}))`)}
  ${add('$to', '(local.get $stride)')}`,
  )})`;

/** Packs the left side, then goes through the panels of the right side, and for each through the blocks of rows. */
const product = `
(func (export "product") (param $from i32) (param $fromStride i32) (param $rows i32) (param $packed i32)
  (param $right i32) (param $length i32) (param $columns i32) (param $bias i32)
  (param $to i32) (param $stride i32) (param $onTop i32) (param $onlyPositive i32)
  (local $row i32) (local $left i32) (local $target i32) (local $blockBytes i32)
  (local.set $blockBytes (i32.mul (local.get $length) (i32.const ${floatBytes * blockRows})))
  (local.set $left (local.get $packed))
  (loop $nextRows
    (call $pack (local.get $from) (local.get $length) (local.get $fromStride) (local.get $left))
    ${add('$from', `(i32.mul (local.get $fromStride) (i32.const ${blockRows}))`)}
    ${add('$left', '(local.get $blockBytes)')}
    ${add('$row', `(i32.const ${blockRows})`)}
    (br_if $nextRows (i32.lt_s (local.get $row) (local.get $rows))))
  (loop $nextPanel
    (local.set $row (i32.const 0))
    (local.set $left (local.get $packed))
    (local.set $target (local.get $to))
    (loop $nextBlock
      (call_indirect (type $block) (local.get $left) (local.get $length) (local.get $right) (local.get $bias)
        (local.get $target) (local.get $stride) (local.get $onTop) (local.get $onlyPositive)
        (select (i32.const ${blockRows}) (i32.sub (local.get $rows) (local.get $row))
          (i32.ge_s (i32.sub (local.get $rows) (local.get $row)) (i32.const ${blockRows}))))
      ${add('$left', '(local.get $blockBytes)')}
      ${add('$target', `(i32.mul (local.get $stride) (i32.const ${blockRows}))`)}
      ${add('$row', `(i32.const ${blockRows})`)}
      (br_if $nextBlock (i32.lt_s (local.get $row) (local.get $rows))))
    ${add('$right', `(i32.mul (local.get $length) (i32.const ${floatBytes * blockColumns}))`)}
    ${add('$bias', `(i32.const ${floatBytes * blockColumns})`)}
    ${add('$to', `(i32.const ${floatBytes * blockColumns})`)}
    (br_if $nextPanel (local.tee $columns (i32.sub (local.get $columns) (i32.const ${blockColumns}))))))`;

export const buildSentenceKernel = async (): Promise<Uint8Array> => {
  const heights = Array.from({ length: blockRows }, (_, at) => at + 1);
  const text = `(module (import "env" "memory" (memory 1)) ${blockType}
    (table ${blockRows + 1} funcref) (elem (i32.const 1) ${heights.map((rows) => `$block${rows}`).join(' ')})
    ${pack} ${heights.map(block).join('\n')} ${product})`;
  const parsed = (await wabt()).parseWat('kernel.wat', text, { simd: true, relaxed_simd: true });
  try {
    parsed.validate();
    return parsed.toBinary({}).buffer;
  } finally {
    parsed.destroy();
  }
};
