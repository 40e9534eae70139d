/** Asks for a secret at the terminal; what is typed or pasted is not shown. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

export interface SecretPrompt {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
}

/** Resolves to an empty text when the person leaves with Ctrl+C or Ctrl+D. */
export const askSecret = ({ input, output }: SecretPrompt, question: string): Promise<string> => {
  // The echo goes through the output of the line editor, so a silent one hides it.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: true });
  output.write(question);
  return new Promise((resolve) => {
    let answer = '';
    lines.once('line', (text) => {
      answer = text.trim();
      lines.close();
    });
    lines.once('SIGINT', () => lines.close());
    lines.once('close', () => {
      output.write('\n');
      resolve(answer);
    });
  });
};
