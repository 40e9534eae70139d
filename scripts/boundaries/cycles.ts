/**
 * Import cycles over value imports, as strongly connected groups (Tarjan). Types are erased and a dynamic import runs
 * later, so neither can make a module see half-loaded neighbours.
 */
import type { Problem } from './problem.ts';

export type Graph = ReadonlyMap<string, readonly string[]>;

interface Visit {
  index: number;
  low: number;
  onStack: boolean;
}

export const findCycles = (graph: Graph): string[][] => {
  const visits = new Map<string, Visit>();
  const stack: string[] = [];
  const groups: string[][] = [];

  const close = (node: string): void => {
    const group = stack.splice(stack.indexOf(node));
    for (const member of group) {
      const visit = visits.get(member);
      if (visit !== undefined) visit.onStack = false;
    }
    const importsItself = graph.get(node)?.includes(node) ?? false;
    if (group.length > 1 || importsItself) groups.push(group);
  };

  const explore = (node: string): Visit => {
    const visit: Visit = { index: visits.size, low: visits.size, onStack: true };
    visits.set(node, visit);
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const seen = visits.get(next);
      if (seen === undefined) visit.low = Math.min(visit.low, explore(next).low);
      else if (seen.onStack) visit.low = Math.min(visit.low, seen.index);
    }
    if (visit.low === visit.index) close(node);
    return visit;
  };

  for (const node of graph.keys()) if (!visits.has(node)) explore(node);
  return groups;
};

export const cycleProblems = (graph: Graph): Problem[] =>
  findCycles(graph).map((group) => {
    const sorted = group.toSorted();
    return { path: sorted[0] ?? '', line: 1, message: `import cycle: ${sorted.join(' <-> ')}` };
  });
