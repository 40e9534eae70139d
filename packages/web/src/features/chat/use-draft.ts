/** The draft of one chat as the composer sees it. */
import type { ImageInput } from '@hearth/contract';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useHearth } from '../../shell/session.tsx';

export interface DraftValue {
  text: string;
  images: readonly ImageInput[];
}

const empty: DraftValue = { text: '', images: [] };

export interface DraftState extends DraftValue {
  set: (next: DraftValue) => void;
  clear: () => void;
}

export const useDraft = (chatId: string): DraftState => {
  const { drafts } = useHearth();
  const [value, setValue] = useState<DraftValue>(empty);
  /** True from the first key: what is loaded late must not replace what is being typed. */
  const touched = useRef(false);

  const shown = useRef({ chatId, value: empty });
  shown.current.value = value;

  useEffect(() => {
    let isHere = true;
    const before = shown.current;
    shown.current = { chatId, value: empty };
    // The same chat under its next name: what is being typed goes along.
    if (before.chatId !== chatId && touched.current) {
      shown.current.value = before.value;
      drafts.change(chatId, before.value);
      drafts.clear(before.chatId);
    } else {
      touched.current = false;
      setValue(empty);
    }
    void drafts.load(chatId).then((draft) => {
      if (isHere && draft && !touched.current) setValue({ text: draft.text, images: draft.images });
    });
    const stop = drafts.onReplaced((chat, draft, how) => {
      if (chat !== chatId || (how === 'elsewhere' && touched.current)) return;
      setValue(draft ? { text: draft.text, images: draft.images } : empty);
    });
    return () => {
      isHere = false;
      stop();
    };
  }, [chatId, drafts]);

  const set = useCallback(
    (next: DraftValue) => {
      touched.current = true;
      setValue(next);
      drafts.change(chatId, next);
    },
    [chatId, drafts],
  );
  const clear = useCallback(() => {
    touched.current = false;
    setValue(empty);
    drafts.clear(chatId);
  }, [chatId, drafts]);
  return { ...value, set, clear };
};
