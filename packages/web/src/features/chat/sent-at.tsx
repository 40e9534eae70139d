'use client';
/** When a message was sent. The browser's first look at how times are written takes longer than a frame, so it comes after the words. */
import { useEffect, useState } from 'react';
import { whenIdle } from '../../lib/when-idle.ts';
import { clockTime } from './model/time.ts';

let isReady = false;

export const SentAt = ({ at }: { at: string }) => {
  const [isShown, setShown] = useState(isReady);
  useEffect(() => {
    if (isShown) return;
    return whenIdle(() => {
      isReady = true;
      setShown(true);
    });
  }, [isShown]);
  return <p className="min-h-[calc(1lh+4px)] pt-1 text-small text-ink-2">{isShown ? clockTime(at) : null}</p>;
};
