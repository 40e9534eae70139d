/**
 * One turn as the rules see it, and the one way for a rule to use a tool.
 * Invariants: only offered tools are used; a tool whose definition the client still holds back is first loaded with its
 * ToolSearch, once; a tool that is neither is said to be missing.
 */
import type { ModelRequest } from '../model-request.ts';
import type { ToolOffer } from '../protocol.ts';
import { type Step, text, toolUse } from '../script.ts';
import type { Household } from './household.ts';

export interface Turn {
  request: ModelRequest;
  /** What is to be answered; may differ from the request's, for example after tools were loaded. */
  prompt: string;
  home: Household;
  now: Date;
  /** False after a load, so that one that did not work is not tried again. */
  mayLoadTools: boolean;
}

export interface Rule {
  name: string;
  /** Undefined leaves the turn to the next rule. */
  reply: (turn: Turn) => Step | undefined;
}

const loader = 'ToolSearch';

/** Names announced in the client's own text, one a line, under a heading that says so. */
const deferredNames = (systemText: string): string[] =>
  [...systemText.matchAll(/deferred tools[^\n]*\n((?:[A-Za-z_][\w-]*\n?)+)/g)].flatMap(([, names = '']) =>
    names.split('\n').filter((name) => name !== ''),
  );

export const offeredTool = (turn: Turn, name: string | RegExp): ToolOffer | undefined =>
  turn.request.tools.find((tool) => (typeof name === 'string' ? tool.name === name : name.test(tool.name)));

const deferredTool = (turn: Turn, name: string | RegExp): string | undefined =>
  turn.mayLoadTools && offeredTool(turn, loader)
    ? deferredNames(turn.request.systemText).find((known) =>
        typeof name === 'string' ? known === name : name.test(known),
      )
    : undefined;

export const loadTool = (name: string): Step => [toolUse(loader, { query: `select:${name}`, max_results: 5 })];

/** The tool's name when it can be used now; a step that loads it; or undefined when it does not exist here. */
export const findTool = (turn: Turn, name: string | RegExp): { offer: ToolOffer } | { load: Step } | undefined => {
  const offer = offeredTool(turn, name);
  if (offer) return { offer };
  const deferred = deferredTool(turn, name);
  return deferred === undefined ? undefined : { load: loadTool(deferred) };
};

export interface ToolWish {
  name: string;
  /** Several inputs are parallel uses in one message. */
  inputs: Record<string, unknown>[];
  /** Said before the use. */
  say: string;
  /** For the sentence about its absence: "I would need the Bash tool to …". */
  purpose: string;
}

export const useTool = (turn: Turn, wish: ToolWish): Step => {
  const found = findTool(turn, wish.name);
  if (found === undefined) {
    return [
      text(
        `I would need the \`${wish.name}\` tool to ${wish.purpose}, and this conversation does not offer it. Nothing was done.`,
      ),
    ];
  }
  if ('load' in found) return found.load;
  return [text(wish.say), ...wish.inputs.map((input) => toolUse(wish.name, input))];
};

export const workingDirectory = (turn: Turn): string | null =>
  /(?:primary )?working directory: *(\/[^\n]*?)\s*(?:\n|$)/i.exec(turn.request.systemText)?.[1] ?? null;

export const demoMark = '*Demo data: the Lindqvist home is made up.*';
