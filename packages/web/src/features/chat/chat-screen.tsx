'use client';
/** The chat: header, transcript, composer. */
import { newId } from '@hearth/client';
import type { PermissionMode } from '@hearth/contract';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { localChatPrefix, newChatId, type OutboxItem } from '../../lib/outbox.ts';
import { activeRun } from '../../lib/store/state.ts';
import type { ScreenProps } from '../../shell/app.tsx';
import { ButtonLink } from '../../shell/link.tsx';
import { closeSheet, navigate, openSheet, useSheet } from '../../shell/router.ts';
import { Header, Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { StatusLines } from '../../shell/status-lines.tsx';
import { IconButton } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { Empty } from '../../ui/notice.tsx';
import { showToast } from '../../ui/toast.tsx';
import { ChatProvider } from './chat-context.ts';
import { Composer } from './composer.tsx';
import { Greeting } from './greeting.tsx';
import { Announcer, Transcript } from './transcript.tsx';
import { type ChatView, useChatActions, useChatState } from './use-chat-state.ts';

const SessionSheets = lazy(() => import('./session-sheets.tsx').then((m) => ({ default: m.SessionSheets })));

/** Said in red on every screen of a session that asks nothing. */
const NoQuestions = ({ mode }: { mode: PermissionMode }) =>
  mode === 'bypassPermissions' ? (
    <p className="shrink-0 border-b border-danger bg-danger-soft px-4 py-1.5 text-label font-semibold text-danger">
      No questions: everything runs without asking you.
    </p>
  ) : null;

const OffTheRecord = ({ isOff }: { isOff: boolean }) =>
  isOff ? (
    <p className="shrink-0 border-b border-line bg-sunk px-4 py-1.5 text-label text-ink-2">
      Off the record: nothing is remembered or recalled.
    </p>
  ) : null;

const titleOf = ({ session, outgoing, isLocal }: ChatView): string => {
  if (session?.title) return session.title;
  const first = outgoing[0]?.text.replaceAll(/\s+/g, ' ').trim().slice(0, 60);
  return first || (isLocal || session ? 'New chat' : 'Chat');
};

const useStop = (chatId: string): (() => Promise<void>) => {
  const { client } = useHearth();
  return async () => {
    try {
      await client.sessions.interrupt(chatId);
    } catch (error) {
      // 409: it was over by itself in the meantime, which is what was wanted.
      if (error instanceof Error && !('status' in error && error.status === 409)) {
        showToast({ text: `Not stopped: ${error.message}` });
      }
    }
  };
};

const Gone = () => (
  <Screen title="Not found" back="/">
    <Empty title="This chat is gone" action={<ButtonLink href="/">Go to your chats</ButtonLink>}>
      It was deleted, or it never existed.
    </Empty>
  </Screen>
);

const Top = ({ view, mode, isOff }: { view: ChatView; mode: PermissionMode; isOff: boolean }) => (
  <>
    <Header
      title={titleOf(view)}
      back="/"
      actions={
        // What is on its way has its settings with it.
        view.session === null && view.outgoing.length > 0 ? null : (
          <IconButton label="About this chat" onClick={() => openSheet('session')}>
            <icons.more size={22} />
          </IconButton>
        )
      }
    />
    <NoQuestions mode={mode} />
    <OffTheRecord isOff={isOff} />
    <StatusLines />
  </>
);

/** Whether the newest message was sent in this visit: it then goes near the top, and the answer grows under it. */
const useSentHere = ({ chat, outgoing }: ChatView) => {
  const [sentIds, setSentIds] = useState<ReadonlySet<string>>(new Set());
  const newest = chat.messages.findLast((message) => message.client_message_id !== null)?.client_message_id ?? '';
  return {
    sentHere: outgoing.length > 0 || sentIds.has(newest),
    noteSent: (id: string): void => setSentIds((old) => new Set([...old, id])),
  };
};

interface BodyProps {
  chatId: string;
  /** The chat a first message makes; null in a chat that exists. */
  sendAs: string | null;
}

const ChatBody = ({ chatId, sendAs }: BodyProps) => {
  const view = useChatState(chatId);
  const actions = useChatActions(chatId);
  const { store, identity } = useHearth();
  const sheet = useSheet();
  const [chosen, setChosen] = useState<OutboxItem['settings']>({});
  const { sentHere, noteSent } = useSentHere(view);
  const stop = useStop(chatId);
  const { chat, session } = view;
  // A chat that does not exist yet: what its first message takes along.
  const settings = session === null ? { ...view.outgoing[0]?.settings, ...chosen } : {};
  const mode = session?.permission_mode ?? settings.permission_mode ?? 'default';
  const isOff = (session ?? settings).off_record === true;
  if (chat.load === 'gone') return <Gone />;
  const onSent = (id: string): void => {
    noteSent(id);
    if (sendAs !== null) navigate(`/c/${sendAs}`, { replace: true });
  };
  return (
    <ChatProvider value={actions}>
      <Top view={view} mode={mode} isOff={isOff || identity?.off_record === true} />
      <Transcript
        chatId={chatId}
        chat={chat}
        approvals={view.pending}
        outgoing={view.outgoing}
        offline={view.offline}
        sentHere={sentHere}
        onReload={() => void store.reloadChat(chatId)}
        empty={<Greeting {...{ chatId, sendAs, settings }} />}
      />
      <Composer
        chatId={chatId}
        sendAs={sendAs}
        isBusy={activeRun(chat) !== null}
        mode={mode}
        settings={settings}
        onMode={() => openSheet('mode')}
        onStop={stop}
        onSent={onSent}
        placeholder={view.pending.length > 0 ? 'Write instead of deciding' : 'Message'}
      />
      <Announcer chatId={chatId} />
      {sheet === null ? null : (
        <Suspense fallback={null}>
          <SessionSheets
            {...{ sheet, session, chatId, mode, isOff }}
            onNew={(part) => setChosen({ ...chosen, ...part })}
            onClose={closeSheet}
          />
        </Suspense>
      )}
    </ChatProvider>
  );
};

const newLocalId = (): string => `${localChatPrefix}${newId()}`;

/**
 * A new chat has an id of its own before the server knows of it, and keeps its place on the screen when it gets its real
 * one: nothing jumps, and what is being typed stays.
 */
export const ChatScreen = ({ route }: ScreenProps) => {
  const { outbox } = useHearth();
  const [localId, setLocalId] = useState(newLocalId);
  const aliases = useStore(outbox.state, (state) => state.aliases);
  const isNew = route.name !== 'chat';
  const id = route.name === 'chat' ? route.id : newChatId;
  const isUsed = useStore(
    outbox.state,
    ({ items }) => aliases[localId] !== undefined || items.some((item) => item.chat === localId),
  );
  useEffect(() => {
    if (isNew && isUsed) setLocalId(newLocalId());
  }, [isNew, isUsed]);
  const place = isNew ? localId : (Object.entries(aliases).find(([, real]) => real === id)?.[0] ?? id);
  return (
    <div className="relative flex h-full min-h-0 flex-col">
      <ChatBody key={place} chatId={id} sendAs={isNew ? localId : null} />
    </div>
  );
};
