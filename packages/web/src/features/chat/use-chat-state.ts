/** What one chat screen shows, and what it may do. */
import { newId } from '@hearth/client';
import type { Approval, Checkpoint, Session } from '@hearth/contract';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import { isLocalChat, type OutboxItem } from '../../lib/outbox.ts';
import { type Chat, emptyChat, isOver } from '../../lib/store/state.ts';
import { problemOf } from '../../lib/store/store.ts';
import { navigate, openSheet } from '../../shell/router.ts';
import { useHearth } from '../../shell/session.tsx';
import { showToast } from '../../ui/toast.tsx';
import type { ChatValue } from './chat-context.ts';
import { messageText } from './turn-view.tsx';

const localChat: Chat = { ...emptyChat, load: 'ready' };

export interface ChatView {
  chat: Chat;
  session: Session | null;
  pending: readonly Approval[];
  outgoing: readonly OutboxItem[];
  offline: boolean;
  isLocal: boolean;
}

export const useChatState = (chatId: string): ChatView => {
  const { store, outbox } = useHearth();
  const isLocal = isLocalChat(chatId);
  useEffect(() => {
    if (isLocal) return;
    store.openChat(chatId);
    return () => store.closeChat(chatId);
  }, [chatId, isLocal, store]);
  const alias = useStore(outbox.state, ({ aliases }) => aliases[chatId]);
  useEffect(() => {
    if (alias !== undefined) navigate(`/c/${alias}`, { replace: true });
  }, [alias]);
  const chat = useStore(store.state, ({ chats }) => chats[chatId] ?? (isLocal ? localChat : emptyChat));
  const session = useStore(store.state, ({ sessions }) => sessions[chatId]?.value ?? null);
  const pending = useStore(
    store.state,
    useShallow(({ approvals }) =>
      Object.values(approvals)
        .map(({ value }) => value)
        .filter((value) => value.session_id === chatId && value.status === 'pending')
        .toSorted((a, b) => a.created_at.localeCompare(b.created_at)),
    ),
  );
  const outgoing = useStore(
    outbox.state,
    useShallow(({ items, aliases }) => items.filter((item) => (aliases[item.chat] ?? item.chat) === chatId)),
  );
  const offline = useStore(store.state, ({ link }) => link.status === 'down');
  return { chat, session, pending, outgoing, offline, isLocal };
};

const none: readonly Checkpoint[] = [];

/** Asked for when the chat opens and each time a run is over: only then can there be new ones. */
const useCheckpoints = (chatId: string): readonly Checkpoint[] => {
  const { store, client } = useHearth();
  const done = useStore(store.state, ({ chats }) => Object.values(chats[chatId]?.runs ?? {}).filter(isOver).length);
  const list = useQuery({
    queryKey: ['checkpoints', chatId, done],
    queryFn: ({ signal }) => client.sessions.checkpoints(chatId, { signal }),
    enabled: !isLocalChat(chatId) && done > 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return list.data?.checkpoints ?? none;
};

export const useChatActions = (chatId: string): ChatValue => {
  const { store, outbox, client, drafts } = useHearth();
  const approvals = useStore(store.state, (state) => state.approvals);
  const decisions = useStore(store.state, ({ chats }) => chats[chatId]?.decisions);
  const checkpoints = useCheckpoints(chatId);
  return useMemo<ChatValue>(() => {
    const byToolUse = new Map(Object.values(approvals).map(({ value }) => [value.tool_use_id, value]));
    return {
      chatId,
      // What the chat says was decided stands, also where this page has not heard of the question or of its end.
      approvalOf: (toolUseId) => decisions?.[toolUseId] ?? byToolUse.get(toolUseId),
      say: (text) => outbox.send({ id: newId(), chat: chatId, text, images: [], settings: {} }, 'now'),
      fork: (messageId, how) => {
        const message = store.state.getState().chats[chatId]?.messages.find((one) => one.id === messageId);
        client.sessions
          .create({ from: { session_id: chatId, message_id: messageId, before: how === 'edit' } })
          .then((session) => {
            if (how === 'edit' && message) drafts.offer(session.id, { text: messageText(message), images: [] });
            navigate(`/c/${session.id}`);
            showToast({
              text:
                how === 'edit' ? 'A new chat up to here. Change the message and send it.' : 'Forked into a new chat',
            });
          })
          .catch((error: unknown) => showToast({ text: `Not forked: ${problemOf(error)}` }));
      },
      restore: (messageId) => openSheet(`restore:${messageId}`),
      checkpointOf: (runId) => checkpoints.find((one) => one.run_id === runId && one.files.length > 0),
      restoreFiles: (checkpointId) => openSheet(`checkpoint:${checkpointId}`),
    };
  }, [chatId, approvals, decisions, checkpoints, client, drafts, outbox, store]);
};
