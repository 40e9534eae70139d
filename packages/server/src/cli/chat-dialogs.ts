/**
 * Dialogs wait in line: a run may ask several things at once, and a person answers one after the other. One that was
 * settled elsewhere (on the phone, or by running out of time) leaves the line by itself.
 */
import type { Dialog, Prompt } from './chat-approval.ts';

export interface DialogsOptions {
  show: (text: string) => void;
  ask: (prompt: Prompt) => void;
  fail: (error: unknown) => void;
}

/** True when it was the one being shown. */
const drop = (waiting: Dialog[], dialog: Dialog): boolean => {
  const index = waiting.indexOf(dialog);
  if (index !== -1) waiting.splice(index, 1);
  return index === 0;
};

export const createDialogs = ({ show, ask, fail }: DialogsOptions) => {
  const waiting: Dialog[] = [];
  let isBusy = false;
  let last: Promise<void> = Promise.resolve();

  const present = (): void => {
    const [dialog] = waiting;
    if (dialog === undefined) return;
    show(dialog.intro);
    ask(dialog.prompt);
  };

  /** One line after the other, and only for the dialog it was typed under: a second `y` must not allow the next one. */
  const answer = async (dialog: Dialog, line: string): Promise<void> => {
    if (waiting[0] !== dialog) return;
    isBusy = true;
    const step = await dialog.answer(line).finally(() => {
      isBusy = false;
    });
    if (step.note !== undefined) show(step.note);
    if (!waiting.includes(dialog)) return;
    if (step.prompt !== undefined) return ask(step.prompt);
    if (drop(waiting, dialog)) present();
  };

  return {
    add: (dialog: Dialog): void => {
      if (waiting.some((other) => other.id === dialog.id)) return;
      waiting.push(dialog);
      if (waiting.length === 1) present();
    },
    /** Takes the dialog out of the line when somebody else has settled it. */
    settle: (id: string, note: string): void => {
      const dialog = waiting.find((other) => other.id === id);
      // An answer under way reports for itself.
      if (dialog === undefined || (isBusy && dialog === waiting[0])) return;
      show(note);
      if (drop(waiting, dialog)) present();
    },
    /** True when the line belonged to a dialog. */
    take: (line: string): boolean => {
      const [dialog] = waiting;
      if (dialog === undefined) return false;
      const failed = (error: unknown): void => {
        fail(error);
        if (waiting[0] === dialog) ask(dialog.prompt);
      };
      last = last.then(() => answer(dialog, line)).catch(failed);
      return true;
    },
    isOpen: (): boolean => waiting.length > 0,
    clear: (): void => void waiting.splice(0),
  };
};
export type Dialogs = ReturnType<typeof createDialogs>;
