'use client';
/** What the parts of one chat may ask of it. */
import type { Checkpoint, StepDecision } from '@hearth/contract';
import { createContext, useContext } from 'react';

export interface ChatValue {
  chatId: string;
  /** The question about one tool call, open or settled, if there is or was one. */
  approvalOf: (toolUseId: string) => StepDecision | undefined;
  /** The files as they were before a run changed them, if it did. */
  checkpointOf: (runId: string) => Checkpoint | undefined;
  /** Sends a message on the person's behalf: what a button's words promise. */
  say: (text: string) => void;
  /** Opens a new chat with the turns up to this message. */
  fork: (messageId: string, how: 'after' | 'edit') => void;
  /** Opens the sheet that goes back to before this message. */
  restore: (messageId: string) => void;
  /** The same, with the files of a checkpoint. */
  restoreFiles: (checkpointId: string) => void;
}

const ChatContext = createContext<ChatValue | null>(null);
export const ChatProvider = ChatContext.Provider;

export const useChat = (): ChatValue => {
  const value = useContext(ChatContext);
  if (!value) throw new Error('useChat outside of a chat');
  return value;
};
