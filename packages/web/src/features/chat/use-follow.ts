/**
 * Where the reader looks, while the page grows. Near the end the view follows; anywhere else the line being read stays
 * where it is, whatever appears above or below it. The browser's own anchoring is off: Safari has none, and two of them
 * fight. Rule: web requirements 5.2.
 */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

const nearEndPx = 48;

interface Anchor {
  element: HTMLElement;
  top: number;
}

export interface Place {
  turn: string;
  offset: number;
}

/** Where each chat was left; as long as the page lives. */
const places = new Map<string, Place>();

const distanceToEnd = (box: HTMLElement): number => box.scrollHeight - box.clientHeight - box.scrollTop;

/** The first part of the text that is on the screen. */
const findAnchor = (box: HTMLElement): Anchor | null => {
  const top = box.getBoundingClientRect().top;
  for (const turn of box.querySelectorAll<HTMLElement>('[data-turn]')) {
    if (turn.getBoundingClientRect().bottom <= top) continue;
    for (const part of turn.querySelectorAll<HTMLElement>('[data-anchor]')) {
      const at = part.getBoundingClientRect();
      if (at.bottom > top) return { element: part, top: at.top };
    }
    return { element: turn, top: turn.getBoundingClientRect().top };
  }
  return null;
};

const findPlace = (box: HTMLElement): Place | null => {
  const top = box.getBoundingClientRect().top;
  for (const turn of box.querySelectorAll<HTMLElement>('[data-turn]')) {
    const at = turn.getBoundingClientRect();
    if (at.bottom > top && turn.dataset.turn) return { turn: turn.dataset.turn, offset: at.top - top };
  }
  return null;
};

/** Brings the view to a place; false when its turn is not on the page. */
const goTo = (box: HTMLElement, place: Place): boolean => {
  const turn = box.querySelector<HTMLElement>(`[data-turn="${CSS.escape(place.turn)}"]`);
  if (!turn) return false;
  box.scrollTop += turn.getBoundingClientRect().top - box.getBoundingClientRect().top - place.offset;
  return true;
};

/** What the keyboard has reached in the text, when it lies above what is on the screen. */
const focusLost = (box: HTMLElement, content: HTMLElement): Element | null => {
  const focused = document.activeElement;
  if (!focused || !content.contains(focused) || !focused.matches(':focus-visible')) return null;
  return focused.getBoundingClientRect().top < box.getBoundingClientRect().top ? focused : null;
};

const handMoves = ['touchstart', 'wheel', 'keydown', 'pointerdown'] as const;

export interface Follow {
  isFollowing: boolean;
  toEnd: () => void;
}

export const useFollow = (
  boxRef: RefObject<HTMLElement | null>,
  contentRef: RefObject<HTMLElement | null>,
  { chatId, isReady }: { chatId: string; isReady: boolean },
): Follow => {
  const following = useRef(true);
  const anchor = useRef<Anchor | null>(null);
  const lastTop = useRef(0);
  /** Turns get their real heights when they come near the screen: until the reader moves, the place is found anew. */
  const restoring = useRef<Place | null>(null);
  const [isFollowing, setFollowing] = useState(true);

  const set = useCallback((next: boolean): void => {
    following.current = next;
    setFollowing(next);
  }, []);

  const toEnd = useCallback((): void => {
    const box = boxRef.current;
    restoring.current = null;
    set(true);
    if (box) box.scrollTop = box.scrollHeight;
  }, [boxRef, set]);

  useEffect(() => {
    const box = boxRef.current;
    if (!box) return;
    const release = (): void => {
      restoring.current = null;
    };
    const onScroll = (): void => {
      if (restoring.current) return;
      const wentUp = box.scrollTop < lastTop.current - 1;
      lastTop.current = box.scrollTop;
      if (distanceToEnd(box) <= nearEndPx && !wentUp) set(true);
      else if (wentUp && distanceToEnd(box) > 1) set(false);
      anchor.current = following.current ? null : findAnchor(box);
      const place = findPlace(box);
      if (following.current) places.delete(chatId);
      else if (place) places.set(chatId, place);
    };
    box.addEventListener('scroll', onScroll, { passive: true });
    for (const name of handMoves) box.addEventListener(name, release, { passive: true });
    return () => {
      box.removeEventListener('scroll', onScroll);
      for (const name of handMoves) box.removeEventListener(name, release);
    };
  }, [boxRef, chatId, set]);

  useLayoutEffect(() => {
    const box = boxRef.current;
    const content = contentRef.current;
    if (!box || !content) return;
    const settle = (): void => {
      if (following.current) {
        box.scrollTop = box.scrollHeight;
        const lost = focusLost(box, content);
        if (lost) {
          // The view follows no further than what has the focus stays in sight.
          lost.scrollIntoView({ block: 'nearest' });
          set(false);
          anchor.current = findAnchor(box);
        }
        lastTop.current = box.scrollTop;
        return;
      }
      if (restoring.current && goTo(box, restoring.current)) {
        lastTop.current = box.scrollTop;
        anchor.current = findAnchor(box);
        return;
      }
      const held = anchor.current;
      if (held?.element.isConnected) {
        const moved = held.element.getBoundingClientRect().top - held.top;
        if (Math.abs(moved) >= 1) {
          box.scrollTop += moved;
          lastTop.current = box.scrollTop;
        }
      }
      anchor.current = findAnchor(box);
    };
    const observer = new ResizeObserver(settle);
    observer.observe(content);
    observer.observe(box);
    return () => observer.disconnect();
  }, [boxRef, contentRef, set]);

  // Back in a chat, the reader finds the line where they left it.
  useLayoutEffect(() => {
    const box = boxRef.current;
    if (!box || !isReady) return;
    const place = places.get(chatId);
    if (!place || !goTo(box, place)) {
      toEnd();
      return;
    }
    restoring.current = place;
    set(false);
    lastTop.current = box.scrollTop;
    anchor.current = findAnchor(box);
  }, [boxRef, chatId, isReady, set, toEnd]);

  return { isFollowing, toEnd };
};
