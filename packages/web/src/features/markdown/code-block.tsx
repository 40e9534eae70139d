'use client';

import { memo, useEffect, useRef, useState } from 'react';
import { copyText } from '../../lib/copy-text.ts';
import { languageLabel } from './language.ts';
import { useHighlight } from './use-highlight.tsx';

/** How long the button says that it worked. */
const SAID_FOR = 2000;
/** Long code is laid out in parts, so that a line more at its end does not lay out all of it again. */
const PART = 4096;

/** A block of code with a button to copy it. `open` while it may still grow: it is highlighted when it is whole. */
export const CodeBlock = memo(function CodeBlock({ code, lang, open }: { code: string; lang: string; open: boolean }) {
  const label = languageLabel(lang);
  const highlighted = useHighlight(code, lang, open);
  return (
    <div className="md-code">
      <div className="md-code-head">
        <span className="md-code-lang">{label}</span>
        <CopyButton text={code} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="md-code-box" aria-label={label === '' ? 'Code' : `Code, ${label}`} tabIndex={0}>
        <pre>
          <code>{highlighted ?? parts(code)}</code>
        </pre>
      </section>
    </div>
  );
});

function parts(code: string) {
  if (code.length <= PART) return code;
  const found: string[] = [];
  for (let start = 0; start < code.length; ) {
    const end = code.indexOf('\n', start + PART);
    found.push(code.slice(start, end === -1 ? undefined : end + 1));
    start = end === -1 ? code.length : end + 1;
  }
  return found.map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts have nothing but their order
    <span key={index} className="md-code-part">
      {part}
    </span>
  ));
}

const WORDS = { ready: 'Copy', copied: 'Copied', failed: 'Select the text to copy it' } as const;

function CopyButton({ text }: { text: string }) {
  const [state, setState] = useState<keyof typeof WORDS>('ready');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = () => {
    void copyText(text).then((hasWorked) => {
      setState(hasWorked ? 'copied' : 'failed');
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setState('ready'), SAID_FOR);
    });
  };
  return (
    <button type="button" className="md-copy" onClick={copy}>
      <span aria-live="polite">{WORDS[state]}</span>
    </button>
  );
}
