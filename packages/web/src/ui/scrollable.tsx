import { clsx } from 'clsx';
import type { ReactNode } from 'react';

interface ScrollableProps {
  label: string;
  className?: string;
  children: ReactNode;
}

/** Text of a machine in a box that scrolls by itself, and can be reached and scrolled by keyboard. */
export const CodeBox = ({ label, className, children }: ScrollableProps) => (
  <section
    aria-label={label}
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    tabIndex={0}
    className={clsx('overflow-auto rounded-code bg-sunk p-3 font-mono text-label whitespace-pre-wrap', className)}
  >
    {children}
  </section>
);
