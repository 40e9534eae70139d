'use client';
/** Sheets are fetched ahead once the screen has settled, or when the first one is opened. */
import { lazy, Suspense } from 'react';
import type { SheetProps } from './sheet-dialog.tsx';

const load = () => import('./sheet-dialog.tsx').then((m) => ({ default: m.SheetDialog }));
const LazyDialog = lazy(load);

export const fetchSheets = (): void => void load().catch(() => {});

export const Sheet = (props: SheetProps) => (
  <Suspense fallback={null}>
    <LazyDialog {...props} />
  </Suspense>
);
