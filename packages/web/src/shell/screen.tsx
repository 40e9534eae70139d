'use client';
/** The body of a screen: a header that stays, one line about the connection, and what scrolls. */
import { clsx } from 'clsx';
import type { ReactNode, Ref } from 'react';
import { IconButton } from '../ui/button.tsx';
import { icons } from '../ui/icons.tsx';
import { goBack } from './router.ts';
import { StatusLines } from './status-lines.tsx';

interface HeaderProps {
  title: ReactNode;
  /** Where Back leads when the app was opened on this very page. Without it there is no Back. */
  back?: string;
  /** The same, where the place is reached through another one on phones and stands in the navigation elsewhere. */
  phoneBack?: string;
  actions?: ReactNode;
  /** A second, smaller line. */
  sub?: ReactNode;
}

export const Header = ({ title, back, phoneBack, actions, sub }: HeaderProps) => {
  const target = back ?? phoneBack;
  return (
    <header className="z-10 shrink-0 border-b border-line bg-bg pt-(--safe-top)">
      <div className="flex min-h-14 items-center gap-1 px-1">
        {back === undefined ? <span className={clsx('w-2', phoneBack && 'hidden sm:block')} /> : null}
        {target === undefined ? null : (
          <IconButton label="Back" className={clsx(back === undefined && 'sm:hidden')} onClick={() => goBack(target)}>
            <icons.back size={24} />
          </IconButton>
        )}
        <div className="min-w-0 flex-1 py-1">
          <h1 className="truncate font-display text-title font-bold">{title}</h1>
          {sub}
        </div>
        {actions}
      </div>
    </header>
  );
};

interface ScreenProps extends HeaderProps {
  children: ReactNode;
  scrollRef?: Ref<HTMLElement>;
  /** Room for something beside the reading column. */
  wide?: boolean;
}

export const Screen = ({ children, scrollRef, wide, ...header }: ScreenProps) => (
  <div className="flex h-full min-h-0 flex-col">
    <Header {...header} />
    <StatusLines />
    <main ref={scrollRef} className={clsx('min-h-0 flex-1 overflow-y-auto overscroll-contain', wide && 'scroll-pb-32')}>
      <div className={clsx('mx-auto w-full', wide ? 'max-w-[1100px]' : 'max-w-[720px]')}>{children}</div>
    </main>
  </div>
);
