/** Sends words on the person's behalf, also as the first message of a new chat. */
import { newId } from '@hearth/client';
import type { OutboxItem } from '../../lib/outbox.ts';
import { navigate } from '../../shell/router.ts';
import { useHearth } from '../../shell/session.tsx';

export const useSay = (
  chatId: string,
  sendAs: string | null,
  settings: OutboxItem['settings'],
): ((text: string) => void) => {
  const { outbox } = useHearth();
  return (text) => {
    const chat = sendAs ?? chatId;
    outbox.send({ id: newId(), chat, text, images: [], settings }, 'now');
    if (chat !== chatId) navigate(`/c/${chat}`, { replace: true });
  };
};
