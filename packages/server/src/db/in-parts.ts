/** Parameters of one statement are limited; callers hand over as many values as they like. */
const perStatement = 500;

export const inParts = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / perStatement) }, (_, at) =>
    all.slice(at * perStatement, (at + 1) * perStatement),
  );
