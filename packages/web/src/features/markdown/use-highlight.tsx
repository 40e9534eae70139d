'use client';

import { type ReactNode, startTransition, useEffect, useState } from 'react';
import { whenIdle } from '../../lib/when-idle.ts';
import { grammarOf } from './language.ts';

/** Longer code stays plain: colouring it would hold up the page. */
const MAX_CODE = 50_000;

type Highlighter = (code: string, grammar: string) => ReactNode;

let loading: Promise<Highlighter> | undefined;

/** One chunk for all blocks, fetched with the first one that needs it; after a failure the next block tries again. */
function load(): Promise<Highlighter> {
  loading ??= import('./highlight.tsx').then(({ createHighlighter }) => createHighlighter());
  loading.catch(() => {
    loading = undefined;
  });
  return loading;
}

/** The coloured code once there was time for it; undefined before, and for code that is not coloured. */
export function useHighlight(code: string, lang: string, open: boolean): ReactNode {
  const [done, setDone] = useState<{ code: string; grammar: string; node: ReactNode }>();
  const grammar = open || code.length > MAX_CODE ? undefined : grammarOf(lang);
  useEffect(() => {
    if (grammar === undefined) return undefined;
    let isGone = false;
    const work = async () => {
      const highlight = await load();
      if (isGone) return;
      const node = highlight(code, grammar);
      startTransition(() => setDone({ code, grammar, node }));
    };
    // Without colours the code reads just as well: nothing to report, nothing to retry here.
    const cancel = whenIdle(() => void work().catch(() => undefined));
    return () => {
      isGone = true;
      cancel();
    };
  }, [code, grammar]);
  return done !== undefined && done.code === code && done.grammar === grammar ? done.node : undefined;
}
