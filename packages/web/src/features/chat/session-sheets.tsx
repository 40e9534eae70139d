'use client';
/** The sheets of a chat, by name: about it, its mode, going back. */
import type { PermissionMode, Session } from '@hearth/contract';
import { isLocalChat, type OutboxItem } from '../../lib/outbox.ts';
import { ModeSheet } from './mode-sheet.tsx';
import { NewChatSheet } from './off-record.tsx';
import { RestoreSheet } from './restore-sheet.tsx';
import { SessionSheet } from './session-sheet.tsx';

interface SheetsProps {
  sheet: string;
  session: Session | null;
  chatId: string;
  mode: PermissionMode;
  isOff: boolean;
  /** Decided about a chat that does not exist yet. */
  onNew: (part: OutboxItem['settings']) => void;
  onClose: () => void;
}

export const SessionSheets = ({ sheet, session, chatId, mode, isOff, onNew, onClose }: SheetsProps) => {
  if (sheet === 'mode') {
    const onNewMode = (next: PermissionMode): void => onNew({ permission_mode: next });
    return <ModeSheet session={session} mode={mode} onNewMode={onNewMode} onClose={onClose} />;
  }
  if (sheet === 'session' && isLocalChat(chatId)) {
    return <NewChatSheet isOff={isOff} onOff={(off_record) => onNew({ off_record })} onClose={onClose} />;
  }
  if (sheet === 'session' && session) return <SessionSheet session={session} onClose={onClose} />;
  if (sheet.startsWith('restore:')) {
    return <RestoreSheet chatId={chatId} target={{ message_id: sheet.slice('restore:'.length) }} onClose={onClose} />;
  }
  if (sheet.startsWith('checkpoint:')) {
    return (
      <RestoreSheet chatId={chatId} target={{ checkpoint_id: sheet.slice('checkpoint:'.length) }} onClose={onClose} />
    );
  }
  return null;
};
