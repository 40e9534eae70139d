'use client';
/**
 * The app on one page: providers, the frame, and the screen that the address names. Each exported route hands in its own
 * screen, so that the first load fetches no more than it shows; the others follow in idle time.
 */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ComponentType, lazy, Suspense, useEffect, useRef, useState } from 'react';
import { allFonts, fetchFonts } from '../lib/appearance.ts';
import { whenIdle } from '../lib/when-idle.ts';
import { fetchSheets } from '../ui/sheet.tsx';
import { Toaster } from '../ui/toast.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { Frame } from './frame.tsx';
import { Gate } from './gate.tsx';
import { parseRoute, type Route, type RouteName } from './route.ts';
import { usePathname } from './router.ts';
import { SessionProvider } from './session.tsx';
import { useViewport } from './viewport.ts';

/** What a screen is told: where the person is. */
export interface ScreenProps {
  route: Route;
}
export type Screen = ComponentType<ScreenProps>;
type Screens = Partial<Record<RouteName, Screen>>;

const loaders = {
  chats: () => import('../features/sessions/index.ts').then((m) => ({ default: m.ChatsScreen })),
  chat: () => import('../features/chat/index.ts').then((m) => ({ default: m.ChatScreen })),
  approve: () => import('../features/approvals/index.ts').then((m) => ({ default: m.ApprovalScreen })),
  settings: () => import('../features/settings/index.ts').then((m) => ({ default: m.SettingsScreen })),
  memory: () => import('../features/memory/index.ts').then((m) => ({ default: m.MemoryScreen })),
  persona: () => import('../features/persona/index.ts').then((m) => ({ default: m.PersonaScreen })),
  status: () => import('../features/status/index.ts').then((m) => ({ default: m.StatusScreen })),
  login: () => import('../features/login/index.ts').then((m) => ({ default: m.LoginScreen })),
  fixtures: () => import('../features/fixtures/index.ts').then((m) => ({ default: m.FixturesScreen })),
  missing: () => import('./missing.tsx').then((m) => ({ default: m.MissingScreen })),
};
const lazyChat = lazy<Screen>(loaders.chat);
const lazyScreens: Record<RouteName, Screen> = {
  chats: lazy<Screen>(loaders.chats),
  chat: lazyChat,
  new: lazyChat,
  approve: lazy<Screen>(loaders.approve),
  settings: lazy<Screen>(loaders.settings),
  memory: lazy<Screen>(loaders.memory),
  persona: lazy<Screen>(loaders.persona),
  status: lazy<Screen>(loaders.status),
  login: lazy<Screen>(loaders.login),
  fixtures: lazy<Screen>(loaders.fixtures),
  missing: lazy<Screen>(loaders.missing),
};

const likelyNext = ['chats', 'chat', 'approve', 'settings', 'status', 'memory', 'persona'] as const;

/** What a person is likely to open next; later it opens without a network. */
const fetches: readonly (() => void)[] = [
  fetchFonts,
  fetchSheets,
  ...likelyNext.map((name) => (): void => void loaders[name]().catch(() => {})),
];

/** One at a time, so that a touch never waits for all of them. Answers how to call it off. */
const fetchAhead = (at = 0): (() => void) => {
  let cancel = (): void => {};
  cancel = whenIdle(() => {
    fetches[at]?.();
    if (at + 1 < fetches.length) cancel = fetchAhead(at + 1);
  });
  return () => cancel();
};

/** On a slow line these files would stand before the messages that the person came for. */
const aheadAfterMs = 2_500;

interface AppProps {
  /** The route this page was exported for; used until the address is known. */
  route: Route;
  screens: Screens;
}

const noQueries = (): QueryClient =>
  new QueryClient({ defaultOptions: { queries: { retry: 1, staleTime: 15_000, networkMode: 'always' } } });

export const App = ({ route: exported, screens }: AppProps) => {
  const [queries] = useState(noQueries);
  const pathname = usePathname();
  // That the address becomes known is no reason to draw the page anew.
  const first = useRef(pathname);
  first.current ??= pathname;
  const route = pathname === null ? exported : parseRoute(pathname);
  const Screen = screens[route.name] ?? lazyScreens[route.name];
  useViewport();
  useEffect(() => {
    let cancel = (): void => {};
    const timer = setTimeout(() => {
      cancel = fetchAhead();
    }, aheadAfterMs);
    return () => {
      clearTimeout(timer);
      cancel();
    };
  }, []);
  useEffect(() => {
    if (pathname !== first.current) allFonts();
  }, [pathname]);
  return (
    <QueryClientProvider client={queries}>
      <SessionProvider>
        <Frame route={route}>
          <ErrorBoundary key={pathname === first.current ? 'first' : pathname}>
            <Gate route={route}>
              <Suspense fallback={null}>
                <Screen route={route} />
              </Suspense>
            </Gate>
          </ErrorBoundary>
        </Frame>
        <Toaster />
      </SessionProvider>
    </QueryClientProvider>
  );
};
