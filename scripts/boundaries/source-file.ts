/**
 * One parsed source file, reduced to what the boundary rules ask about: imports, reads of the environment, sizes.
 * `import { type X }` counts as a value import, because it stays in the running program as `import {}`.
 */
import { parseSync, Visitor } from 'oxc-parser';

export interface Import {
  specifier: string;
  line: number;
  kind: 'value' | 'type' | 'dynamic';
}

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  path: string;
  isTest: boolean;
  lines: number;
  imports: Import[];
  environmentReads: number[];
  functions: { line: number; lines: number }[];
  /** Lines after which a reasoned exception from the size limits stands. */
  exceptions: number[];
}

interface Span {
  start: number;
  end: number;
}

const testPattern = /\.(test|contract)\.tsx?$|(^|\/)(testing|fixtures)(\/|\.tsx?$)|(^|\/)test-[^/]*\.tsx?$/;
export const isTestPath = (path: string): boolean => testPattern.test(path) || path.startsWith('tests/');

const exceptionPattern = /^\s*long-on-purpose:\s*\S.{9,}/;

/** Offset -> line number, counted from 1. */
const createLineFinder = (text: string) => {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset: number): number => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
};

const kindOf = (marker: string | undefined): Import['kind'] => (marker === 'type' ? 'type' : 'value');

/**
 * Lines of a function without the functions inside it: a factory that returns a bundle of short closures is short. A
 * nested function still costs its first line.
 */
const ownLines = (span: Span, all: Span[], lineOf: (offset: number) => number): number => {
  const linesOf = ({ start, end }: Span): number => lineOf(end) - lineOf(start) + 1;
  const within = (outer: Span, inner: Span): boolean =>
    inner !== outer && inner.start >= outer.start && inner.end <= outer.end;
  const nested = all.filter((other) => within(span, other));
  const outermost = nested.filter((one) => !nested.some((other) => within(other, one)));
  return outermost.reduce((lines, one) => lines - (linesOf(one) - 1), linesOf(span));
};

export const parseSource = (path: string, text: string): SourceFile => {
  const result = parseSync(path, text);
  const [problem] = result.errors;
  if (problem !== undefined) throw new Error(`${path} cannot be parsed: ${problem.message}`);
  const lineOf = createLineFinder(text);
  const imports: Import[] = [];
  const environmentReads: number[] = [];
  const addImport = (node: Span, specifier: string, kind: Import['kind']): void => {
    imports.push({ specifier, line: lineOf(node.start), kind });
  };
  const spans: Span[] = [];
  const addFunction = (node: Span): void => {
    spans.push(node);
  };

  new Visitor({
    ImportDeclaration: (node) => {
      addImport(node, node.source.value, kindOf(node.importKind));
      const fromProcess = /^(node:)?process$/.test(node.source.value);
      const names = node.specifiers.map((item) =>
        'imported' in item && 'name' in item.imported ? item.imported.name : '',
      );
      if (fromProcess && names.includes('env')) environmentReads.push(lineOf(node.start));
    },
    ExportNamedDeclaration: (node) => {
      if (node.source !== null) addImport(node, node.source.value, kindOf(node.exportKind));
    },
    ExportAllDeclaration: (node) => addImport(node, node.source.value, kindOf(node.exportKind)),
    ImportExpression: (node) => {
      if (node.source.type === 'Literal') addImport(node, String(node.source.value), 'dynamic');
    },
    TSImportType: (node) => addImport(node, node.source.value, 'type'),
    MemberExpression: (node) => {
      const ownsEnv = node.object.type === 'Identifier' && node.object.name === 'process';
      const property = node.property.type === 'Identifier' ? node.property.name : '';
      const literal = node.property.type === 'Literal' ? node.property.value : '';
      if (ownsEnv && (property === 'env' || literal === 'env')) environmentReads.push(lineOf(node.start));
    },
    VariableDeclarator: (node) => {
      if (node.init?.type !== 'Identifier' || node.init.name !== 'process' || node.id.type !== 'ObjectPattern') return;
      if (/\benv\b/.test(text.slice(node.id.start, node.id.end))) environmentReads.push(lineOf(node.start));
    },
    FunctionDeclaration: addFunction,
    FunctionExpression: addFunction,
    ArrowFunctionExpression: addFunction,
  }).visit(result.program);

  const functions = spans.map((span) => ({ line: lineOf(span.start), lines: ownLines(span, spans, lineOf) }));
  const exceptions = result.comments
    .filter((comment) => exceptionPattern.test(comment.value))
    .map((comment) => lineOf(comment.end));
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  return { path, isTest: isTestPath(path), lines, imports, environmentReads, functions, exceptions };
};
