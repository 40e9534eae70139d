'use client';
/** Navigation around the screens: a bar at the bottom on phones, a column on tablets, a sidebar on wide screens. */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { useStore } from 'zustand';
import type { Hearth } from '../lib/hearth.ts';
import { listedSessions } from '../lib/store/apply-event.ts';
import { icons } from '../ui/icons.tsx';
import { Link } from './link.tsx';
import type { Route, RouteName } from './route.ts';
import { useSession } from './session.tsx';

interface Place {
  href: string;
  label: string;
  icon: keyof typeof icons;
  routes: readonly RouteName[];
  /** Where it is seen, if not everywhere. */
  on?: 'phone' | 'wide';
}

/** Only places that exist. */
const places: readonly Place[] = [
  { href: '/', label: 'Chats', icon: 'chats', routes: ['chats', 'chat'] },
  { href: '/c/new', label: 'New chat', icon: 'plus', routes: ['new'] },
  { href: '/memory', label: 'Memory', icon: 'memory', routes: ['memory'], on: 'wide' },
  { href: '/persona', label: 'Persona', icon: 'persona', routes: ['persona'], on: 'wide' },
  { href: '/status', label: 'Status', icon: 'status', routes: ['status'] },
  { href: '/settings', label: 'Settings', icon: 'settings', routes: ['settings'], on: 'wide' },
  // On phones memory and persona are found under Settings.
  { href: '/settings', label: 'Settings', icon: 'settings', routes: ['settings', 'memory', 'persona'], on: 'phone' },
];

const shownOn = { phone: 'flex sm:hidden', wide: 'hidden sm:flex', all: 'flex' };

/** Where the composer or a decision takes the place of the bar. */
const fullScreens: readonly RouteName[] = ['chat', 'new', 'approve'];

const Badge = ({ count }: { count: number }) =>
  count === 0 ? null : (
    <span className="absolute -top-1 left-[58%] flex h-4.5 min-w-4.5 items-center justify-center rounded-full bg-attn px-1 text-small font-bold text-bg">
      {count}
      <span className="sr-only"> need you</span>
    </span>
  );

const WaitingBadge = ({ hearth }: { hearth: Hearth }) => {
  const count = useStore(
    hearth.store.state,
    ({ approvals }) => Object.values(approvals).filter(({ value }) => value.status === 'pending').length,
  );
  return <Badge count={count} />;
};

const PlaceLink = ({ place, route, badge }: { place: Place; route: Route; badge: ReactNode }) => {
  const Icon = icons[place.icon];
  const isHere = place.routes.includes(route.name);
  return (
    <Link
      href={place.href}
      aria-current={isHere ? 'page' : undefined}
      className={clsx(
        'relative min-h-14 flex-1 flex-col items-center justify-center gap-0.5 text-small font-semibold',
        'sm:flex-none lg:min-h-11 lg:flex-row lg:justify-start lg:gap-3 lg:rounded-button lg:px-3 lg:text-list',
        shownOn[place.on ?? 'all'],
        isHere ? 'text-accent lg:bg-accent-soft' : 'text-ink-2 hover:text-ink',
      )}
    >
      <span className="relative">
        <Icon size={22} />
        {badge}
      </span>
      {place.label}
    </Link>
  );
};

const recentCount = 12;

const RecentChats = ({ hearth, route }: { hearth: Hearth; route: Route }) => {
  const sessions = useStore(hearth.store.state, (state) => state.sessions);
  const recent = listedSessions({ sessions })
    .filter((session) => !session.archived)
    .slice(0, recentCount);
  if (recent.length === 0) return null;
  return (
    <div className="mt-6 hidden min-h-0 flex-1 flex-col overflow-y-auto lg:flex">
      <h2 className="px-3 pb-1 text-label text-ink-3">Recent</h2>
      {recent.map((session) => (
        <Link
          key={session.id}
          href={`/c/${session.id}`}
          aria-current={route.name === 'chat' && route.id === session.id ? 'page' : undefined}
          className="flex min-h-11 items-center rounded-button px-3 text-list text-ink-2 hover:text-ink aria-[current]:bg-accent-soft aria-[current]:text-ink"
        >
          <span className="truncate">{session.title ?? 'New chat'}</span>
        </Link>
      ))}
    </div>
  );
};

export const Nav = ({ route, hearth }: { route: Route; hearth: Hearth | null }) => {
  const isFull = fullScreens.includes(route.name);
  return (
    <nav
      aria-label="Main"
      className={clsx(
        'order-last border-t border-line bg-bg pb-(--safe-bottom) sm:order-first sm:min-h-0 sm:border-t-0 sm:border-r sm:pt-[calc(8px+var(--safe-top))]',
        'lg:flex lg:flex-col lg:px-3',
        isFull ? 'hidden sm:block lg:flex' : 'block',
      )}
    >
      <div className="flex sm:flex-col sm:gap-2 lg:gap-0.5">
        {places.map((place) => (
          <PlaceLink
            key={`${place.href} ${place.on}`}
            place={place}
            route={route}
            badge={place.href === '/' && hearth ? <WaitingBadge hearth={hearth} /> : null}
          />
        ))}
      </div>
      {hearth ? <RecentChats hearth={hearth} route={route} /> : null}
    </nav>
  );
};

export const Frame = ({ route, children }: { route: Route; children: ReactNode }) => {
  const { access } = useSession();
  if (route.name === 'login' || route.name === 'fixtures')
    return <div className="h-dvh overflow-y-auto">{children}</div>;
  return (
    <div className="shell">
      <Nav route={route} hearth={access.status === 'in' ? access.hearth : null} />
      <div className="min-h-0 min-w-0 overflow-hidden">{children}</div>
    </div>
  );
};
