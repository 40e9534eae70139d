'use client';

import { useState } from 'react';
import { Block } from './blocks.tsx';
import { advance, EMPTY } from './stream.ts';

/**
 * An answer of the assistant. `live` while more of it is on its way: then its unfinished end is completed for the eye,
 * and only that end is read again when the text grows.
 */
export function Markdown({ text, live }: { text: string; live: boolean }) {
  const [known, setKnown] = useState(() => advance(EMPTY, text, live));
  const doc = advance(known, text, live);
  // The next text starts from here. React repeats this component alone, before its children.
  if (doc !== known) setKnown(doc);
  return (
    <div className="md" data-live={live || undefined}>
      {doc.blocks.map((token, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: blocks are only ever added at the end
        <Block key={index} token={token} />
      ))}
    </div>
  );
}
