'use client';
/**
 * At most two quiet lines under the header: the connection (only when it has been away for 2 s), and the demo model.
 * One place says it, so that no panel has to.
 */
import { useEffect, useState } from 'react';
import { useStore } from 'zustand';
import { useAccount } from '../features/account/use-account.ts';
import type { Hearth } from '../lib/hearth.ts';
import { Link } from './link.tsx';
import { useSession } from './session.tsx';

const useDownFor = (since: number | null, ms: number): boolean => {
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (since === null) return;
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [since, ms]);
  return since !== null && late;
};

const lineClass = 'shrink-0 border-b border-line px-4 py-1.5 text-label';

const ConnectionLine = ({ hearth }: { hearth: Hearth }) => {
  const status = useStore(hearth.store.state, ({ link }) => link.status);
  const [since, setSince] = useState<number | null>(null);
  useEffect(() => {
    setSince((old) => (status === 'live' ? null : (old ?? Date.now())));
  }, [status]);
  const isLate = useDownFor(since, 2_000);
  if (!isLate) return null;
  return (
    <p role="status" className={`${lineClass} bg-sunk text-ink-2`}>
      No connection to the server. You can read and write; messages go out when it is back.
    </p>
  );
};

const DemoLine = () => {
  const account = useAccount();
  if (!account.data?.demo) return null;
  return (
    <p className={`${lineClass} flex flex-wrap items-center gap-x-3 bg-attn-soft py-0 text-ink`}>
      <span className="py-1.5">Demo model: its answers are made up.</span>
      <Link href="/settings/claude" className="inline-flex min-h-11 items-center font-semibold text-accent underline">
        Connect Claude
      </Link>
    </p>
  );
};

export const StatusLines = () => {
  const { access } = useSession();
  if (access.status !== 'in') return null;
  return (
    <>
      <ConnectionLine hearth={access.hearth} />
      <DemoLine />
    </>
  );
};
