/** Commands: what the human names, the files here, the disk; and a command that fails on purpose. */
import { text } from '../script.ts';
import { namesMachine } from './machines.ts';
import { type Rule, type Turn, useTool } from './turn.ts';
import { listed, unquoted, withoutPoliteness } from './words.ts';

interface Command {
  command: string;
  description: string;
}

const bash = (turn: Turn, commands: Command[], say: string) =>
  useTool(turn, { name: 'Bash', inputs: commands.map((input) => ({ ...input })), say, purpose: 'run a command' });

const describe = (command: string): string => {
  const [program = ''] = command.split(/\s+/);
  return `Run ${program} as asked`;
};

const named = (prompt: string): string[] => {
  const matter = withoutPoliteness(prompt);
  const asked = /^(?:run|execute|type|try)\b/i.test(matter) || /\b(?:run|execute)\b[^`]{0,60}`/i.test(prompt);
  if (/^\$ /.test(matter)) return [matter.slice(2)];
  if (!asked) return [];
  const inTicks = [...prompt.matchAll(/`{1,3}(?:\w+\n)?([^`]+?)`{1,3}/g)].map(([, command = '']) => command.trim());
  if (inTicks.length > 0) return inTicks;
  const rest = /^(?:run|execute)\s+(?:the )?(?:shell )?(?:commands?:?\s+)?(?:this:?\s+)?(.+)$/is.exec(matter)?.[1];
  return rest === undefined ? [] : [unquoted(rest).replace(/[.!?]$/, '')];
};

/** Words that show that a thing, not a command, was named: "run the tests". */
const isNoCommand = (command: string): boolean =>
  /^(?:the|a|an|my|our|some|it|that|tests?|something|away)\b/i.test(command);

export const runRule: Rule = {
  name: 'run',
  reply(turn) {
    const commands = named(turn.prompt);
    const [first] = commands;
    if (first === undefined) return undefined;
    if (isNoCommand(first)) {
      return [text('Which command is that? Put it between backticks and I will run it, for example: run `uname -a`.')];
    }
    return bash(
      turn,
      commands.map((command) => ({ command, description: describe(command) })),
      `I’ll run ${listed(commands.map((command) => `\`${command}\``))}.`,
    );
  },
};

export const listFilesRule: Rule = {
  name: 'list files',
  reply(turn) {
    const asked =
      /^(?:list|show|display|give|see)\b.*\b(?:files|folder|directory)\b|\b(?:what|which) files\b|^ls$|\bwhat(?:'s|’s| is) in (?:this|the|my) (?:folder|directory|workspace)\b/i;
    if (!asked.test(withoutPoliteness(turn.prompt))) return undefined;
    return bash(
      turn,
      [{ command: 'ls -la', description: 'List the files in the working directory' }],
      'Let me look at the files here.',
    );
  },
};

export const diskRule: Rule = {
  name: 'disk',
  reply(turn) {
    if (!/\bdis[ck] (?:space|usage|full)|\bfree space\b|\bspace (?:is )?left\b/i.test(turn.prompt)) return undefined;
    if (namesMachine(turn)) return undefined;
    return bash(
      turn,
      [{ command: 'df -h .', description: 'Show free disk space' }],
      'Let me check how much disk space is left.',
    );
  },
};

export const failingRule: Rule = {
  name: 'failing command',
  reply(turn) {
    const asked =
      /^(?:fail|crash)\b|\b(?:break|fail at|crash) something\b|\b(?:something|command|tool) (?:that )?fails?\b|\bmake (?:something|it|a tool|a command) fail\b/i;
    if (!asked.test(withoutPoliteness(turn.prompt))) return undefined;
    return bash(
      turn,
      [
        {
          command: 'echo "this demo command fails on purpose" >&2; exit 3',
          description: 'Fail on purpose with exit code 3',
        },
      ],
      'Here is a command that fails on purpose, so that you can see what that looks like.',
    );
  },
};
