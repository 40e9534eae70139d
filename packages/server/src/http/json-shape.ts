/**
 * A look at the shape of a JSON body before anything walks through it: how deep it is nested and how many fields it has.
 * One pass; strings are skipped with `indexOf`, so pictures cost nothing. Rule: case 40 of the security requirements.
 */
import { AppError } from '../kernel/errors.ts';

const maxDepth = 100;
const maxFields = 20_000;

const quote = 34;
const colon = 58;
const comma = 44;
const open = new Set([91, 123]);
const close = new Set([93, 125]);

/** Index of the quote that ends the string which starts at `start`; the end of the text when there is none. */
const endOfString = (text: string, start: number): number => {
  let end = text.indexOf('"', start + 1);
  while (end !== -1) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 92) escapes += 1;
    if (escapes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
};

const refuse = (message: string): never => {
  throw new AppError('VALIDATION_ERROR', message, { details: { issues: [{ path: '', message }] } });
};

/** Throws VALIDATION_ERROR for what no honest request looks like; text that is not JSON passes and fails later. */
export const checkJsonShape = (text: string): void => {
  let depth = 0;
  let fields = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === colon || code === comma) fields += 1;
    else if (open.has(code)) depth += 1;
    else if (close.has(code)) depth -= 1;
    if (depth > maxDepth) refuse(`The request is nested more than ${maxDepth} levels deep.`);
    if (fields > maxFields) refuse('The request has too many fields.');
  }
};
