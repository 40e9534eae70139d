/** One broken rule at one place. */
export interface Problem {
  path: string;
  line: number;
  message: string;
}

export const formatProblem = ({ path, line, message }: Problem): string => `${path}:${line}  ${message}`;
