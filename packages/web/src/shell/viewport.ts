/**
 * Keeps the shell above the keyboard where the browser does not do it itself (Safari ignores `interactive-widget`), and
 * marks the time a keyboard is up, when the safe area at the bottom is covered anyway. Rule: web requirements 5.1.
 */
import { useEffect } from 'react';

/** A smaller gap is a browser bar, not a keyboard. */
const keyboardGap = 120;

const isEditable = (element: Element | null): boolean =>
  element instanceof HTMLElement && (element.matches('input, textarea, select') || element.isContentEditable);

export const useViewport = (): void => {
  useEffect(() => {
    const view = window.visualViewport;
    if (!view) return;
    const root = document.documentElement;
    const reset = (): void => {
      root.style.removeProperty('--visible-height');
      root.style.removeProperty('--visible-top');
      delete root.dataset.keyboard;
    };
    const update = (): void => {
      const gap = window.innerHeight - view.height;
      // Zoomed in, a small visible part is what the person wants. Phantom values come after the keyboard has gone.
      if (!isEditable(document.activeElement) || Math.abs(view.scale - 1) > 0.01 || gap < keyboardGap) {
        reset();
        return;
      }
      root.style.setProperty('--visible-height', `${view.height}px`);
      root.style.setProperty('--visible-top', `${view.offsetTop}px`);
      root.dataset.keyboard = 'up';
    };
    view.addEventListener('resize', update);
    view.addEventListener('scroll', update);
    document.addEventListener('focusout', reset);
    return () => {
      reset();
      view.removeEventListener('resize', update);
      view.removeEventListener('scroll', update);
      document.removeEventListener('focusout', reset);
    };
  }, []);
};
