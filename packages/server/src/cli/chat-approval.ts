/**
 * Approvals and questions as dialogs. A dialog shows everything it asks about, uncut and with control characters made
 * visible, because an approval is bound to exactly those arguments.
 */
import { type Client, isApiError } from '@hearth/client';
import type { Decision, EventData, JsonObject } from '@hearth/contract';
import { type Style, visible } from './chat-text.ts';
import { isRecord } from './chat-tools.ts';

export type ApprovalRequest = Pick<
  EventData<'approval'>,
  'approval_id' | 'session_id' | 'tool' | 'title' | 'input' | 'risk' | 'risk_reason'
>;
export type QuestionRequest = Pick<
  EventData<'question'>,
  'approval_id' | 'session_id' | 'tool_use_id' | 'question' | 'options'
>;

export interface Prompt {
  text: string;
  /** Text the person starts from, when something is edited. */
  prefill?: string;
}

export interface Dialog {
  id: string;
  intro: string;
  prompt: Prompt;
  /** Takes one typed line: the next prompt, or undefined with a closing remark when it is settled. */
  answer(line: string): Promise<{ prompt: Prompt; note?: string } | { prompt?: undefined; note: string }>;
}

export interface DialogDeps {
  client: Pick<Client, 'approvals' | 'sessions'>;
  style: Style;
}

const prefixed = (text: string, sign: string): string =>
  visible(text)
    .split('\n')
    .map((line) => `  ${sign} ${line}`)
    .join('\n');

const isText = (value: unknown): value is string => typeof value === 'string';

/** What exactly is asked for: a command, a change to a file, or all arguments. */
export const describeInput = (tool: string, input: JsonObject, style: Style): string => {
  const { command, file_path: path, content, old_string: before, new_string: after } = input;
  if (tool === 'Bash' && isText(command)) return prefixed(command, '$');
  if (isText(path) && isText(before) && isText(after)) {
    return `  ${visible(path)}\n${style('red', prefixed(before, '-'))}\n${style('green', prefixed(after, '+'))}`;
  }
  if (tool === 'Write' && isText(path) && isText(content))
    return `  ${visible(path)}\n${style('green', prefixed(content, '+'))}`;
  return prefixed(JSON.stringify(input, null, 2), '');
};

const riskStyle = { low: 'green', medium: 'yellow', high: 'red' } as const;

/** Whoever was first has decided; that is no failure of ours. */
const settledElsewhere = (error: unknown): string | undefined =>
  isApiError(error) && (error.status === 409 || error.status === 404) ? 'That has been decided already.' : undefined;

/** A single-line command is edited as it is, anything else as JSON: a prompt has one line only. */
const editable = (input: JsonObject): { text: string; read: (line: string) => JsonObject | undefined } => {
  const { command } = input;
  if (isText(command) && visible(command) === command && !/[\n\t]/.test(command)) {
    return { text: command, read: (line) => (line.trim() === '' ? undefined : { ...input, command: line }) };
  }
  const read = (line: string): JsonObject | undefined => {
    try {
      const value: unknown = JSON.parse(line);
      return isRecord(value) ? value : undefined;
    } catch {
      return undefined;
    }
  };
  return { text: visible(JSON.stringify(input)), read };
};

const choices: Readonly<Record<string, Decision['decision'] | 'edit'>> = {
  y: 'allow',
  yes: 'allow',
  a: 'allow_always',
  always: 'allow_always',
  n: 'deny',
  no: 'deny',
  e: 'edit',
  edit: 'edit',
};
const decided = { allow: 'Allowed once.', allow_always: 'Allowed from now on.', deny: 'Denied.' } as const;

export const createApprovalDialog = (request: ApprovalRequest, { client, style }: DialogDeps): Dialog => {
  const ask: Prompt = { text: 'Allow? [y] once  [a] always  [n] no  [e] edit: ' };
  const edit = editable(request.input);
  let isEditing = false;

  const decide = async (decision: Decision): Promise<{ note: string }> => {
    try {
      await client.approvals.decide(request.approval_id, decision);
      return { note: decided[decision.decision] };
    } catch (error) {
      const note = settledElsewhere(error);
      if (note === undefined) throw error;
      return { note };
    }
  };

  const answer: Dialog['answer'] = async (line) => {
    if (isEditing) {
      isEditing = false;
      const edited = edit.read(line);
      return edited === undefined
        ? { prompt: ask, note: 'That cannot be used.' }
        : decide({ decision: 'allow', edited_input: edited });
    }
    const word = line.trim().toLowerCase();
    const choice = Object.hasOwn(choices, word) ? choices[word] : undefined;
    if (choice === undefined) return { prompt: ask };
    if (choice !== 'edit') return decide({ decision: choice });
    isEditing = true;
    return { prompt: { text: 'Edit: ', prefill: edit.text } };
  };

  const title = style('bold', visible(request.title));
  const risk = style(riskStyle[request.risk], `${request.risk} risk`);
  const reason = request.risk_reason === '' ? '' : `: ${visible(request.risk_reason)}`;
  const intro = `${title}\n${describeInput(request.tool, request.input, style)}\n  ${risk}${reason}`;
  return { id: request.approval_id, intro, prompt: ask, answer };
};

export const createQuestionDialog = (request: QuestionRequest, { client, style }: DialogDeps): Dialog => {
  const options = request.options ?? [];
  const ask: Prompt = { text: options.length > 0 ? 'Number or your own words: ' : 'Answer: ' };
  const list = options.map(({ label, description }, index) => {
    const more = description === undefined ? '' : style('dim', ` - ${visible(description)}`);
    return `  ${index + 1}. ${visible(label)}${more}`;
  });
  return {
    id: request.approval_id,
    intro: [style('bold', visible(request.question)), ...list].join('\n'),
    prompt: ask,
    answer: async (line) => {
      const typed = line.trim();
      if (typed === '') return { prompt: ask };
      const answer = (/^\d+$/.test(typed) ? options[Number(typed) - 1]?.label : undefined) ?? typed;
      try {
        await client.sessions.answer(request.session_id, { answer, tool_use_id: request.tool_use_id });
        return { note: `Answered: ${visible(answer)}` };
      } catch (error) {
        const note = settledElsewhere(error);
        if (note === undefined) throw error;
        return { note };
      }
    },
  };
};
