'use client';
/** Is everything well? Each part with its answer time, and what is missing while one is away. */
import type { Health } from '@hearth/contract';
import { useQuery } from '@tanstack/react-query';
import { useStore } from 'zustand';
import { problemOf } from '../../lib/store/store.ts';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { Failed, Notice, Skeleton } from '../../ui/notice.tsx';
import { useAccount } from '../account/use-account.ts';
import { clockTime } from '../chat/model/time.ts';

const partNames: Record<string, string> = {
  sqlite: 'Database (SQLite)',
  postgres: 'Database (PostgreSQL)',
  redis: 'Redis',
  qdrant: 'Search index (Qdrant)',
  neo4j: 'Graph (Neo4j)',
  tei: 'Embeddings',
};

const featureNames: Record<string, string> = {
  everything: 'nothing works without the database',
  chat: 'chatting: Claude does not answer at the moment',
  live_updates_across_servers: 'live updates between servers',
};

const headline: Record<Health['status'], string> = {
  healthy: 'All is well.',
  degraded: 'It works, with something missing.',
  unhealthy: 'Something important is down.',
};

const Row = ({ name, state, words }: { name: string; state: 'done' | 'failed' | 'running'; words: string }) => (
  <li className="rail-step flex min-h-14 items-center gap-3 border-b border-line last:border-b-0">
    <span className="rail-mark !top-[22px]" data-state={state} aria-hidden="true" />
    <span className="min-w-0 flex-1 text-list font-semibold">{name}</span>
    <span className={state === 'failed' ? 'text-list text-danger' : 'text-list text-ink-2 tabular-nums'}>{words}</span>
  </li>
);

const latency = (ms: number): string => (ms < 1 ? 'up, under 1 ms' : `up, ${Math.round(ms)} ms`);

const Parts = ({ health }: { health: Health }) => {
  const { store } = useHearth();
  const link = useStore(store.state, (state) => state.link.status);
  const account = useAccount();
  return (
    <ul className="rail" aria-label="Parts">
      <Row
        name="This page"
        state={link === 'live' ? 'done' : link === 'down' ? 'failed' : 'running'}
        words={link === 'live' ? 'connected' : link === 'down' ? 'no live updates' : 'connecting'}
      />
      {Object.entries(health.services).map(([name, { status, latency_ms }]) => (
        <Row
          key={name}
          name={partNames[name] ?? name}
          state={status === 'up' ? 'done' : 'failed'}
          words={status === 'up' ? latency(latency_ms) : 'down'}
        />
      ))}
      {account.data ? (
        <Row
          name={account.data.demo ? 'Demo model' : 'Claude'}
          state="done"
          words={account.data.demo ? 'answers are made up' : account.data.label}
        />
      ) : null}
    </ul>
  );
};

export const StatusScreen = () => {
  const { client } = useHearth();
  const health = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => client.health({ signal }),
    refetchInterval: 30_000,
    refetchIntervalInBackground: false,
    staleTime: 0,
  });
  return (
    <Screen title="Status">
      <div className="flex flex-col gap-4 px-4 py-6">
        {health.isPending ? <Skeleton flush={true} rows={3} label="Asking the server" /> : null}
        {health.isError ? (
          <Failed
            flush={true}
            what="The server does not answer"
            detail={problemOf(health.error)}
            onRetry={() => void health.refetch()}
          />
        ) : null}
        {health.data ? (
          <>
            <p className="font-display text-display font-bold">{headline[health.data.status]}</p>
            {health.data.degraded_features.map((feature) => (
              <Notice key={feature} tone="attn">
                Missing: {featureNames[feature] ?? feature.replaceAll('_', ' ')}
              </Notice>
            ))}
            <Parts health={health.data} />
            <p className="text-label text-ink-3">
              As of {clockTime(new Date(health.dataUpdatedAt).toISOString())}; asked again every 30 seconds while you
              look.
            </p>
          </>
        ) : null}
      </div>
    </Screen>
  );
};
