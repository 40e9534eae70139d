/**
 * The terminal: one input line below, text above. While a person is typing, what a run writes is held back, so that the
 * two never mix; it appears when the line is sent. The only file of the chat that touches the streams.
 */
import { createInterface, type Interface } from 'node:readline';
import type { Prompt } from './chat-approval.ts';

export interface Screen {
  write(text: string): void;
  /** Shows a prompt; a half-typed line comes back with the next prompt that has no prefill. */
  ask(prompt: Prompt): void;
  close(): void;
}

export interface ScreenHandlers {
  line: (text: string) => void;
  /** Ctrl+C. `hadText` is true when it only cleared a typed line. */
  interrupt: (hadText: boolean) => void;
  end: () => void;
}

export interface ScreenOptions {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  isTty: boolean;
}

/** Ctrl+U: deletes back from the cursor; Ctrl+E first moves it to the end. */
const clearLine = (lines: Interface): void => {
  lines.write(null, { ctrl: true, name: 'e' });
  lines.write(null, { ctrl: true, name: 'u' });
};

export const createScreen = ({ input, output, isTty }: ScreenOptions, handlers: ScreenHandlers): Screen => {
  const lines = createInterface({ input, output, terminal: isTty, prompt: '' });
  let held = '';
  let draft = '';

  const flush = (): void => {
    if (held !== '') output.write(held);
    held = '';
  };
  const typed = (): string => (isTty ? lines.line : '');

  lines.on('line', (text) => {
    lines.setPrompt('');
    flush();
    handlers.line(text);
  });
  lines.on('SIGINT', () => {
    const hadText = typed() !== '';
    if (hadText) clearLine(lines);
    flush();
    handlers.interrupt(hadText);
  });
  lines.on('close', () => {
    flush();
    handlers.end();
  });

  return {
    write: (text) => {
      held += text;
      if (typed() === '') flush();
    },
    ask: ({ text, prefill }) => {
      draft = typed() || draft;
      if (typed() !== '') clearLine(lines);
      flush();
      lines.setPrompt(text);
      lines.prompt();
      if (prefill !== undefined) return lines.write(prefill);
      if (text === idlePrompt.text && draft !== '') {
        lines.write(draft);
        draft = '';
      }
    },
    close: () => lines.close(),
  };
};

export const idlePrompt: Prompt = { text: '> ' };
