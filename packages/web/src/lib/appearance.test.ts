import { afterEach, describe, expect, it, vi } from 'vitest';
import { allFonts, applyAppearance, fetchFonts, readAppearance, themeScript } from './appearance.ts';

const stub = (saved: string | null, refuses = false) => {
  const kept: Record<string, string | null> = { 'hearth.appearance': saved };
  const dataset: Record<string, string> = {};
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => {
      if (refuses) throw new Error('denied');
      return kept[key] ?? null;
    },
    setItem: (key: string, value: string) => {
      if (refuses) throw new Error('denied');
      kept[key] = value;
    },
  });
  vi.stubGlobal('document', { documentElement: { dataset }, fonts: [{ load: async () => {} }] });
  return { kept, dataset };
};
const system = { theme: 'system', text: 'normal' };
/** The script as the page runs it, before anything else. */
const runScript = (): void => new Function(themeScript)();

describe('theme and text size', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([null, '', '{', 'null', '7', '{"theme":"pink","text":9}'])('are the system’s when %s is saved', (saved) => {
    const { dataset } = stub(saved);
    expect(readAppearance()).toEqual(system);
    runScript();
    expect(dataset).toEqual({});
  });

  it('are kept, put on the page, and there before the first paint of the next visit', () => {
    const { dataset, kept } = stub(null);
    applyAppearance({ theme: 'dark', text: 'larger' });
    expect(dataset).toEqual({ theme: 'dark', text: 'larger' });
    expect(readAppearance()).toEqual({ theme: 'dark', text: 'larger' });
    const next = stub(kept['hearth.appearance'] ?? null);
    runScript();
    expect(next.dataset).toEqual({ theme: 'dark', text: 'larger' });
    applyAppearance({ theme: 'system', text: 'normal' });
    expect(next.dataset).toEqual({});
  });

  it('last as long as the page where nothing may be kept', () => {
    const { dataset } = stub(null, true);
    runScript();
    applyAppearance({ theme: 'light', text: 'normal' });
    expect(dataset).toEqual({ theme: 'light' });
    expect(readAppearance()).toEqual(system);
  });
});

describe('the faces for titles and code', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('come late on the first visit, and with the first paint on all others', () => {
    const first = stub(null);
    runScript();
    fetchFonts();
    expect(first.dataset.fonts).toBeUndefined();
    const { kept } = first;
    const next = stub(null);
    Object.assign(next.kept, kept);
    runScript();
    expect(next.dataset.fonts).toBe('all');
  });

  it('come late each time where nothing may be kept', () => {
    const { dataset } = stub(null, true);
    fetchFonts();
    runScript();
    expect(dataset.fonts).toBeUndefined();
    allFonts();
    expect(dataset.fonts).toBe('all');
  });
});
