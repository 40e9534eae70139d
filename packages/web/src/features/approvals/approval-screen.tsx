'use client';
import { isApiError } from '@hearth/client';
import type { Approval } from '@hearth/contract';
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { problemOf } from '../../lib/store/store.ts';
import type { ScreenProps } from '../../shell/app.tsx';
import { ButtonLink, Link } from '../../shell/link.tsx';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { Empty, Failed, Skeleton } from '../../ui/notice.tsx';
import { clockTime } from '../chat/model/time.ts';
import { inputText } from '../chat/model/tools.ts';
import { ApprovalCard } from './approval-card.tsx';

const outcomes: Record<Exclude<Approval['status'], 'pending'>, string> = {
  allowed: 'Allowed',
  denied: 'Denied',
  expired: 'Nobody decided in time, so it was denied',
  cancelled: 'Called off: the run went on without it or was stopped',
  answered: 'Answered',
};

const Settled = ({ approval }: { approval: Approval }) => {
  if (approval.status === 'pending') return null;
  const who = approval.decided_by === null ? '' : ` by ${approval.decided_by}`;
  const when = approval.decided_at === null ? '' : ` at ${clockTime(approval.decided_at)}`;
  return (
    <div className="flex flex-col gap-3 py-4">
      <h2 className="text-body font-semibold">{approval.title}</h2>
      <pre className="overflow-auto rounded-code bg-sunk p-3 font-mono text-label whitespace-pre-wrap">
        {inputText({ name: approval.tool, input: approval.input }).slice(0, 20_000)}
      </pre>
      <p className="text-list">
        {outcomes[approval.status]}
        {who}
        {when}.
      </p>
    </div>
  );
};

type Load = { status: 'loading' } | { status: 'ready' } | { status: 'missing' } | { status: 'error'; problem: string };

const useApproval = (id: string) => {
  const { store } = useHearth();
  const approval = useStore(store.state, ({ approvals }) => approvals[id]?.value);
  const [load, setLoad] = useState<Load>({ status: 'loading' });
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks again
  useEffect(() => {
    if (id === '') return;
    let isHere = true;
    const settle = (next: Load): void => {
      if (isHere) setLoad(next);
    };
    store.loadApproval(id).then(
      () => settle({ status: 'ready' }),
      (error: unknown) => {
        const isMissing = isApiError(error) && (error.status === 404 || error.status === 422);
        settle(isMissing ? { status: 'missing' } : { status: 'error', problem: problemOf(error) });
      },
    );
    return () => {
      isHere = false;
    };
  }, [id, store, attempt]);
  return { approval, load, retry: () => setAttempt((old) => old + 1) };
};

const Body = ({ id }: { id: string }) => {
  const { store } = useHearth();
  const { approval, load, retry } = useApproval(id);
  const offline = useStore(store.state, ({ link }) => link.status === 'down');
  if (approval) {
    return (
      <div className="px-4 pb-8">
        {approval.status === 'pending' ? (
          <ApprovalCard approval={approval} offline={offline} />
        ) : (
          <Settled approval={approval} />
        )}
        <Link
          href={`/c/${approval.session_id}`}
          className="tap inline-flex items-center font-semibold text-accent underline"
        >
          Open the chat it belongs to
        </Link>
      </div>
    );
  }
  if (load.status === 'missing')
    return (
      <Empty title="Nothing waiting here" action={<ButtonLink href="/">Go to your chats</ButtonLink>}>
        It may have been part of a chat that was deleted.
      </Empty>
    );
  if (load.status === 'error')
    return <Failed what="The question could not be loaded" detail={load.problem} onRetry={retry} />;
  return <Skeleton rows={3} label="Loading" />;
};

export const ApprovalScreen = ({ route }: ScreenProps) => (
  <Screen title="Needs your decision" back="/">
    <Body id={route.name === 'approve' ? route.id : ''} />
  </Screen>
);
