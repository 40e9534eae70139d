/** Files: write one, read one, search in them. Relative names are below the working directory the client named. */
import { posix } from 'node:path';
import { text } from '../script.ts';
import { offeredTool, type Rule, type Turn, useTool, workingDirectory } from './turn.ts';
import { shellQuoted, unquoted, withoutPoliteness } from './words.ts';

const absolute = (turn: Turn, name: string): string => posix.resolve(workingDirectory(turn) ?? '/', name);

/** A file name: quoted, or one word. */
const nameText = '(?:[`"“\'‘]([^`"”\'’\\n]+)[`"”\'’]|([\\w./~-]*\\w))';
const contentText =
  '(?:[\\s,]+(?:with|containing|that says|which says|that contains|saying|and (?:put|write))(?:\\s+(?:the )?(?:text|contents?|words?|line))?:?\\s+([\\s\\S]+))?';
const writeVerb = '^(?:create|write|make|save|add)(?: me)?';
const namedFile = new RegExp(
  `${writeVerb}(?: a| an| the)?(?: \\w+){0,2} file(?:,? (?:named|called))?,?\\s+${nameText}${contentText}`,
  'i',
);
const plainFile = new RegExp(`${writeVerb}(?: a| the)?(?: file)?\\s+([\\w./-]+\\.\\w{1,8})()${contentText}`, 'i');
const unnamedFile = new RegExp(`${writeVerb}(?: a| an| the)?(?: new| small)?(?: text)? file\\b()()${contentText}`, 'i');
/** The content first: write "Buy milk" to todo.txt. */
const contentFirst =
  /^(?:create|write|save|put|add)\s+["“'`]([^"”`]+)["”'`]\s+(?:to|into|in|as)\s+(?:a |the )?(?:new )?(?:file )?(?:named |called )?[`"“']?([\w./~-]*\w)/i;
const notNames = /^(?:with|containing|that|which|saying|for|in|here|and|please)$/i;

const writeWish = (prompt: string): { name: string; content: string } | undefined => {
  const matter = withoutPoliteness(prompt);
  const [, content = '', target] = contentFirst.exec(matter) ?? [];
  // Without an ending or the word "file" it may as well be the shopping list.
  if (target !== undefined && (/\.\w{1,8}$/.test(target) || /\bfile\b/i.test(matter))) return { name: target, content };
  for (const pattern of [plainFile, namedFile, unnamedFile]) {
    const found = pattern.exec(matter);
    if (!found) continue;
    const name = found[1] || found[2] || 'hearth-demo.txt';
    if (notNames.test(name)) continue;
    return { name, content: unquoted(found[3] ?? '') || 'Hello from the Hearth demo.' };
  }
  return undefined;
};

export const writeRule: Rule = {
  name: 'write',
  reply(turn) {
    const wish = writeWish(turn.prompt);
    if (!wish) return undefined;
    return useTool(turn, {
      name: 'Write',
      inputs: [{ file_path: absolute(turn, wish.name), content: `${wish.content}\n` }],
      say: `I’ll write \`${wish.name}\`.`,
      purpose: `write \`${wish.name}\``,
    });
  },
};

const reading = new RegExp(
  `^(?:read|open|show(?: me)?|display|cat|what(?:'s|’s| is) in|what does)\\s+(?:the )?(?:contents? of )?(?:the )?(file )?${nameText}`,
  'i',
);

export const readRule: Rule = {
  name: 'read',
  reply(turn) {
    const [, fileWord, quotedName, plainName] = reading.exec(withoutPoliteness(turn.prompt)) ?? [];
    const name = quotedName ?? plainName;
    // Without the word "file" only something with an ending, or a path, is taken for one.
    if (name === undefined || !(fileWord || /\.\w{1,8}$|\//.test(name))) return undefined;
    return useTool(turn, {
      name: 'Read',
      inputs: [{ file_path: absolute(turn, name) }],
      say: `I’ll read \`${name}\`.`,
      purpose: `read \`${name}\``,
    });
  },
};

const searching =
  /^(?:search|look|grep|find)(?: for)?\s+(.+?)\s+(?:in|inside|through|across|within)\s+(?:the |my |all |these |your )*(?:files?|folder|directory|code|project|workspace|notes folder)\b/i;
const grepping = /^grep(?: for)?\s+(\S.*)$/i;

export const searchRule: Rule = {
  name: 'search',
  reply(turn) {
    const matter = withoutPoliteness(turn.prompt);
    const wanted = unquoted((searching.exec(matter) ?? grepping.exec(matter))?.[1] ?? '');
    if (wanted === '') return undefined;
    const say = `I’ll search the files for “${wanted}”.`;
    const path = workingDirectory(turn);
    if (offeredTool(turn, 'Grep')) {
      const input = { pattern: wanted.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), output_mode: 'content', '-n': true };
      return useTool(turn, {
        name: 'Grep',
        inputs: [path ? { ...input, path } : input],
        say,
        purpose: 'search in files',
      });
    }
    const command = `grep -rnF --max-count=5 -- ${shellQuoted(wanted)} .`;
    return useTool(turn, {
      name: 'Bash',
      inputs: [{ command, description: 'Search the files for a text' }],
      say,
      purpose: 'search in files',
    });
  },
};

export const noFileNameRule: Rule = {
  name: 'which file',
  reply: ({ prompt }) =>
    /^(?:read|open) (?:a|the|my|this) file[.!?]?$/i.test(withoutPoliteness(prompt))
      ? [text('Which file? For example: read file README.md')]
      : undefined,
};

export const deleteRule: Rule = {
  name: 'delete',
  reply(turn) {
    const found = new RegExp(`^(?:delete|remove|erase)\\s+(?:the |my )?(file )?${nameText}`, 'i').exec(
      withoutPoliteness(turn.prompt),
    );
    const name = found?.[2] ?? found?.[3];
    if (name === undefined || !(found?.[1] || /\.\w{1,8}$/.test(name))) return undefined;
    return useTool(turn, {
      name: 'Bash',
      inputs: [{ command: `rm -- ${shellQuoted(name)}`, description: `Delete the file ${name}` }],
      say: `Deleting \`${name}\` cannot be undone, so have a close look before you allow it.`,
      purpose: `delete \`${name}\``,
    });
  },
};
