/**
 * A decision must be meant: taps within 400 ms of a card's appearance, or of the card moving under the finger, do nothing.
 * Rule: web requirements 5.5.
 */
import { type RefObject, useEffect, useRef } from 'react';

const stillForMs = 400;
const sampleMs = 100;
const slackPx = 4;

export const useArmed = (ref: RefObject<HTMLElement | null>): (() => boolean) => {
  const movedAt = useRef(Number.POSITIVE_INFINITY);
  const top = useRef(Number.NaN);
  useEffect(() => {
    const look = (): void => {
      const now = ref.current?.getBoundingClientRect().top ?? Number.NaN;
      if (!(Math.abs(now - top.current) <= slackPx)) movedAt.current = performance.now();
      top.current = now;
    };
    look();
    const timer = setInterval(look, sampleMs);
    return () => clearInterval(timer);
  }, [ref]);
  return () => {
    const now = ref.current?.getBoundingClientRect().top ?? Number.NaN;
    const isStill = Math.abs(now - top.current) <= slackPx;
    return isStill && performance.now() - movedAt.current >= stillForMs;
  };
};
