/**
 * A conversation as Markdown, message by message: what people and the model said as it is, tool steps folded into lists
 * between them. Whatever tools were given and gave stands in fences that it cannot end.
 */
import { type ContentBlock, isPrompt, type Message, type Session } from '@hearth/contract';

/** Input and output of a step are cut here. */
const longestPart = 4096;
/** More is read of a part, so that what is taken out of it does not shorten what is shown. */
const mostRead = 4 * longestPart;
/** The end of what was read may be the beginning of a secret; it is shown to nobody. */
const uncertainEnd = 512;

/** Takes secrets out of text. */
export type Redact = (text: string) => Promise<string>;

const controls = /(?![\t\n\r])\p{Cc}/gu;
const plain = (text: string): string => text.replaceAll(controls, '\ufffd');
const oneLine = (text: string): string => plain(text).replaceAll(/\s+/g, ' ').trim();

/** A fence that nothing in the text can end. */
export const fenced = (text: string, language: string): string => {
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 0);
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
};

/** Text whose own fences are all closed, so that it does not swallow what follows. */
export const closed = (text: string): string => {
  let open = '';
  for (const line of text.split(/\r\n|\r|\n/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    if (!mark) continue;
    const [, fence = '', rest = ''] = mark;
    if (open === '') open = fence;
    else if (fence.startsWith(open) && rest.trim() === '') open = '';
  }
  return open === '' ? text : `${text}\n${open}`;
};

const indented = (text: string): string =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => `  ${line}`)
    .join('\n');

const textIn = (content: unknown): string => {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return JSON.stringify(content ?? null, null, 2);
  const texts = content.map((part: unknown) => {
    if (typeof part !== 'object' || part === null || !('type' in part)) return JSON.stringify(part);
    if (part.type === 'text' && 'text' in part && typeof part.text === 'string') return part.text;
    return part.type === 'image' ? '[image]' : JSON.stringify(part, null, 2);
  });
  return texts.join('\n');
};

interface Step {
  id: string;
  name: string;
  input: string;
  /** Null until its result comes. */
  output: string | null;
  isError: boolean;
}

const toStep = ({ name, output, input, isError }: Step): string => {
  const ending = output === null ? ' (no result)' : isError ? ' (failed)' : '';
  const parts = [
    ...(input === '' ? [] : [indented(fenced(input, 'json'))]),
    ...(output === null || output === '' ? [] : [indented(fenced(output, 'text'))]),
  ];
  return [`- **${name}**${ending}`, ...parts].join('\n\n');
};

const folded = (steps: readonly Step[]): string => {
  const title = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  return `<details><summary>${title}</summary>\n\n${steps.map(toStep).join('\n\n')}\n\n</details>\n\n`;
};

const at = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`;

export interface MarkdownWriter {
  head(session: Session, exportedAt: string): Promise<string>;
  /** What a message adds; steps wait for their results until something else is said. */
  message(message: Message): Promise<string>;
  /** What still waits at the end. */
  end(): string;
}

export const createMarkdownWriter = (redact: Redact): MarkdownWriter => {
  let steps: Step[] = [];
  const names = new Map<string, string>();

  const flush = (): string => {
    const text = steps.length === 0 ? '' : folded(steps);
    steps = [];
    return text;
  };

  const shortened = async (text: string): Promise<string> => {
    const wasCut = text.length > mostRead;
    const clean = plain(await redact(text.slice(0, mostRead)));
    if (clean.length <= longestPart && !wasCut) return clean;
    const certain = wasCut ? clean.slice(0, Math.max(0, clean.length - uncertainEnd)) : clean;
    return `${certain.slice(0, longestPart)}\n[cut here]`;
  };

  const take = async (block: ContentBlock): Promise<string | null> => {
    if (block.type === 'tool_use') {
      const name = oneLine(block.name).replaceAll(/[^\w.-]/g, '_');
      names.set(block.id, name);
      const input = await shortened(JSON.stringify(block.input ?? null, null, 2));
      steps.push({ id: block.id, name, input, output: null, isError: false });
      return null;
    }
    if (block.type === 'tool_result') {
      const output = await shortened(textIn(block.content));
      const isError = block.is_error === true;
      const known = steps.find(({ id }) => id === block.tool_use_id);
      const late = { id: block.tool_use_id, name: names.get(block.tool_use_id) ?? 'Tool', input: '' };
      if (known) Object.assign(known, { output, isError });
      else steps.push({ ...late, output, isError });
      names.delete(block.tool_use_id);
      return null;
    }
    if (block.type === 'image') return `*[image, ${oneLine(block.media_type) || 'unknown kind'}]*`;
    return block.type === 'text' ? closed(plain(await redact(block.text))) : null;
  };

  const spoken = async (message: Message): Promise<string[]> => {
    const parts: string[] = [];
    for (const block of message.content) {
      const part = await take(block);
      if (part !== null && part.trim() !== '') parts.push(part);
    }
    if (parts.length > 0 && message.status === 'interrupted') parts.push('*(stopped here)*');
    return parts;
  };

  return {
    async head(session, exportedAt) {
      const title = oneLine(await redact(session.title ?? '')) || 'Conversation';
      const facts = [
        `- Begun: ${at(session.created_at)}`,
        `- Exported: ${at(exportedAt)}`,
        ...(session.model === null ? [] : [`- Model: ${oneLine(session.model)}`]),
      ];
      return `# ${title}\n\n${facts.join('\n')}\n\n`;
    },
    async message(message) {
      // What subagents said among themselves is part of the step that started them.
      if (message.parent_tool_use_id !== null) return '';
      if (isPrompt(message)) {
        const before = flush();
        return `${before}## You, ${at(message.created_at)}\n\n${(await spoken(message)).join('\n\n')}\n\n`;
      }
      const parts = await spoken(message);
      if (parts.length === 0) return '';
      if (message.type === 'system') return `${flush()}${fenced(parts.join('\n\n'), 'text')}\n\n`;
      // A step of the same message comes after its words.
      const own = new Set(message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : [])));
      const later = steps.filter(({ id }) => own.has(id));
      steps = steps.filter(({ id }) => !own.has(id));
      const before = flush();
      steps = later;
      return `${before}### Hearth\n\n${parts.join('\n\n')}\n\n`;
    },
    end: flush,
  };
};
