'use client';
import type { ReactNode } from 'react';

/** A part of a settings page: a heading, a sentence, and what can be done. */
export const Part = ({ title, hint, children }: { title: string; hint?: ReactNode; children: ReactNode }) => (
  <section className="flex flex-col gap-3">
    <div>
      <h2 className="text-body font-semibold">{title}</h2>
      {hint ? <p className="measure text-label text-ink-2">{hint}</p> : null}
    </div>
    {children}
  </section>
);

export const ProblemLine = ({ children }: { children: ReactNode }) =>
  children ? (
    <p role="alert" className="text-label text-danger">
      {children}
    </p>
  ) : null;
