'use client';
/**
 * Who is signed in. With a copy of an earlier visit the screens appear at once and the server is asked meanwhile; a 401
 * at any time leads to the login and back here, with drafts and unsent messages kept.
 */
import { isApiError } from '@hearth/client';
import type { Identity } from '@hearth/contract';
import {
  createContext,
  type ReactNode,
  startTransition,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { flushSync } from 'react-dom';
import { client, createHearth, type Hearth, openKv } from '../lib/hearth.ts';
import { navigate } from './router.ts';

export type Access =
  | { status: 'unknown' }
  | { status: 'out' }
  | { status: 'unreachable'; message: string }
  | { status: 'in'; hearth: Hearth };

export interface SessionValue {
  access: Access;
  signedIn: (identity: Identity) => void;
  signOut: () => Promise<void>;
  retry: () => void;
}

const SessionContext = createContext<SessionValue | null>(null);
/** For the fixture page, which puts made-up states on the screen; everybody else has the provider below. */
export const SessionFixture = SessionContext.Provider;

const ownerKey = 'hearth.owner';
const readOwner = (): string | null => {
  try {
    return localStorage.getItem(ownerKey);
  } catch {
    return null;
  }
};
const writeOwner = (id: string | null): void => {
  try {
    if (id === null) localStorage.removeItem(ownerKey);
    else localStorage.setItem(ownerKey, id);
  } catch {
    // Without storage the next visit simply begins without copies.
  }
};

/** The address to come back to, from `?next=`; never another site. */
export const nextPath = (search: string): string => {
  const next = new URLSearchParams(search).get('next') ?? '/';
  return next.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\') ? next : '/';
};

/** To the login, and from there back here. */
export const toLogin = (): void => {
  const { pathname, search, hash } = window.location;
  if (pathname === '/login' || pathname === '/fixtures') return;
  const here = `${pathname}${search}${hash}`;
  navigate(here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`, { replace: true });
};

/** Wakes the connection when there is reason to, and lets it rest while nobody has looked for a while. */
const watchPage = ({ store, outbox, drafts }: Hearth): (() => void) => {
  let resting: ReturnType<typeof setTimeout> | undefined;
  let rested = false;
  const wake = (): void => {
    store.wake();
    outbox.wake();
  };
  const onVisibility = (): void => {
    clearTimeout(resting);
    if (document.visibilityState === 'hidden') {
      drafts.leave();
      resting = setTimeout(() => {
        rested = true;
        store.rest();
      }, 60_000);
    } else if (rested || store.state.getState().link.status !== 'live') {
      rested = false;
      wake();
    }
  };
  const onHide = (): void => drafts.leave();
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('pagehide', onHide);
  window.addEventListener('online', wake);
  window.addEventListener('pageshow', onVisibility);
  return () => {
    clearTimeout(resting);
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('pagehide', onHide);
    window.removeEventListener('online', wake);
    window.removeEventListener('pageshow', onVisibility);
  };
};

const onCreated = (localId: string, sessionId: string): void => {
  if (window.location.pathname === `/c/${localId}`) navigate(`/c/${sessionId}`, { replace: true });
};

export const SessionProvider = ({ children }: { children: ReactNode }) => {
  const [access, setAccess] = useState<Access>({ status: 'unknown' });
  const [attempt, setAttempt] = useState(0);

  /** Kept beside the state: an event stream is opened once, however often React looks at it. */
  const current = useRef<Hearth | null>(null);

  const leave = useCallback(() => {
    current.current?.stop();
    current.current = null;
    setAccess({ status: 'out' });
  }, []);

  const onSignedOut = useCallback(() => {
    leave();
    toLogin();
  }, [leave]);

  const enter = useCallback(
    (identity: Identity | null, ownerId: string) => {
      const known = current.current?.ownerId === ownerId ? current.current : null;
      if (known === null) {
        current.current?.stop();
        writeOwner(ownerId);
      }
      const base = known ?? createHearth(ownerId, { onSignedOut, onCreated });
      const hearth = { ...base, identity: identity ?? base.identity };
      current.current = hearth;
      setAccess({ status: 'in', hearth });
    },
    [onSignedOut],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks again
  useEffect(() => {
    const stop = new AbortController();
    const known = readOwner();
    // In slices: the whole screen at once would hold up a slow phone.
    const enterGently = (identity: Identity | null, ownerId: string): void =>
      startTransition(() => enter(identity, ownerId));
    if (known !== null) enterGently(null, known);
    // Nobody was here before: nothing to ask about, and no refusal in the browser's log.
    else if (window.location.pathname === '/login') return setAccess({ status: 'out' });
    client.auth.me({ signal: stop.signal }).then(
      (identity) => enterGently(identity, identity.owner_id),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        if (isApiError(error) && error.status === 401) return onSignedOut();
        if (known !== null) return;
        setAccess({ status: 'unreachable', message: error instanceof Error ? error.message : '' });
      },
    );
    return () => stop.abort();
  }, [attempt, enter, onSignedOut]);

  const hearth = access.status === 'in' ? access.hearth : null;
  const store = hearth?.store;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the identity may change while the store stays
  useEffect(() => (hearth ? watchPage(hearth) : undefined), [store]);

  const value = useMemo<SessionValue>(
    () => ({
      access,
      signedIn: (identity) => {
        // First this, then the address: a screen behind the login must not be asked for by nobody.
        flushSync(() => enter(identity, identity.owner_id));
        navigate(nextPath(window.location.search), { replace: true });
      },
      async signOut() {
        await client.auth.logout();
        current.current?.stop();
        await openKv().clear();
        writeOwner(null);
        leave();
        navigate('/login', { replace: true });
      },
      retry: () => setAttempt((old) => old + 1),
    }),
    [access, enter, leave],
  );
  return <SessionContext value={value}>{children}</SessionContext>;
};

export const useSession = (): SessionValue => {
  const value = useContext(SessionContext);
  if (!value) throw new Error('useSession outside of SessionProvider');
  return value;
};

const HearthContext = createContext<Hearth | null>(null);
/** Also used by the fixture page, which puts made-up states on the screen. */
export const HearthProvider = HearthContext.Provider;

export const useHearth = (): Hearth => {
  const hearth = useContext(HearthContext);
  if (!hearth) throw new Error('useHearth outside of a signed-in screen');
  return hearth;
};
