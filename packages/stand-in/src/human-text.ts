/**
 * Tells a human's words from what a client writes into a conversation by itself: reminders, interruption marks, notes.
 * The one exception is a message the human sent while the model was working: it arrives inside the client's own text.
 */

export const interruptionMark = '[Request interrupted by user';
/** What the client adds to the definitions it has loaded. */
const loadedNote = 'Tool loaded.';
/** What the client says for the human when it goes on after a restart. */
const continueNote = 'Continue from where you left off.';

const reminder = /<system-reminder>([\s\S]*?)<\/system-reminder>/g;
/** Up to the client's explanation, the next such message, or the end. */
const steered =
  /The user sent a new message while you were working:\s*\n([\s\S]*?)(?=\n+(?:This is how |IMPORTANT:|The user sent a new message)|$)/g;

/** What the human said meanwhile, out of a text of the client. */
export const steeredText = (clientText: string): string =>
  [...clientText.matchAll(steered)]
    .map(([, said = '']) => said.trim())
    .filter((said) => said !== '')
    .join('\n');

/** What the human wrote in a text block; empty when nothing. */
export const humanText = (value: string): string => {
  const trimmed = value.replace(reminder, (_all, inner: string) => steeredText(inner)).trim();
  if (trimmed.startsWith(interruptionMark) || trimmed === loadedNote || trimmed === continueNote) return '';
  return trimmed.startsWith('The user sent a new message while you were working:') ? steeredText(trimmed) : trimmed;
};

/** What the client wrote in reminders of a text block. */
export const reminderText = (value: string): string =>
  [...value.matchAll(reminder)].map(([, inner = '']) => inner.trim()).join('\n\n');
