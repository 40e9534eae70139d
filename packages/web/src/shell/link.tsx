'use client';
import { clsx } from 'clsx';
import type { AnchorHTMLAttributes } from 'react';
import { navigate } from './router.ts';

type LinkProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> & { href: string; replace?: boolean };

/** A link inside the app: a real address for new tabs and copying, no request for a plain tap. */
export const Link = ({ href, replace, onClick, ...rest }: LinkProps) => (
  <a
    {...rest}
    href={href}
    onClick={(event) => {
      onClick?.(event);
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
      if (event.defaultPrevented || !plain) return;
      event.preventDefault();
      navigate(href, { replace });
    }}
  />
);

/** The one thing to do on an empty screen: a place to go to. */
export const ButtonLink = ({ className, ...rest }: LinkProps) => (
  <Link
    {...rest}
    className={clsx(
      'tap inline-flex items-center gap-2 rounded-button bg-accent px-4 font-semibold text-on-accent',
      className,
    )}
  />
);
