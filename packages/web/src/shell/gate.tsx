'use client';
import { type ReactNode, useEffect } from 'react';
import { Failed, Skeleton } from '../ui/notice.tsx';
import type { Route } from './route.ts';
import { HearthProvider, toLogin, useSession } from './session.tsx';

const open: readonly string[] = ['login', 'fixtures'];

/** Screens behind the login appear once it is known whose they are. */
export const Gate = ({ route, children }: { route: Route; children: ReactNode }) => {
  const { access, retry } = useSession();
  const isShut = access.status === 'out' && !open.includes(route.name);
  // Signed out and gone on by the browser's own Back.
  useEffect(() => {
    if (isShut) toLogin();
  }, [isShut]);
  if (open.includes(route.name)) return children;
  if (access.status === 'in') return <HearthProvider value={access.hearth}>{children}</HearthProvider>;
  if (access.status === 'unreachable') {
    return (
      <main className="pt-(--safe-top)">
        <Failed what="Can't reach the server" detail={access.message} onRetry={retry} />
      </main>
    );
  }
  return (
    <main className="pt-[calc(56px+var(--safe-top))]">
      <Skeleton rows={6} label="Loading" />
    </main>
  );
};
