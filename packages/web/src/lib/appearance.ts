/** Theme and text size of this device. Kept in local storage; a private window simply follows the system. */
export type Theme = 'system' | 'light' | 'dark';
export type TextSize = 'normal' | 'large' | 'larger';

export interface Appearance {
  theme: Theme;
  text: TextSize;
}

const storageKey = 'hearth.appearance';
const lateFontsKey = 'hearth.fonts';
export const themes: readonly Theme[] = ['system', 'light', 'dark'];
export const textSizes: readonly TextSize[] = ['normal', 'large', 'larger'];

/** Runs before the first paint; it must stand alone and stay constant, because the server allows it by its hash. */
export const themeScript = `try{var a=JSON.parse(localStorage.getItem('${storageKey}')||'{}'),d=document.documentElement;if(a.theme==='light'||a.theme==='dark')d.dataset.theme=a.theme;if(a.text==='large'||a.text==='larger')d.dataset.text=a.text;if(localStorage.getItem('${lateFontsKey}'))d.dataset.fonts='all'}catch{}`;

/**
 * The faces for titles and code, 46 KB: on a device that has never been here they are fetched after the first messages,
 * and then used from the next screen on, because putting a page into other letters takes a moment. Later visits have
 * them at once.
 */
export const fetchFonts = (): void => {
  for (const face of document.fonts) void face.load().catch(() => {});
  try {
    localStorage.setItem(lateFontsKey, '1');
  } catch {
    // The next visit then begins with the plain ones again.
  }
};

export const allFonts = (): void => {
  document.documentElement.dataset.fonts = 'all';
};

export const readAppearance = (): Appearance => {
  try {
    const saved: Partial<Appearance> = JSON.parse(localStorage.getItem(storageKey) ?? '{}');
    return {
      theme: themes.find((one) => one === saved.theme) ?? 'system',
      text: textSizes.find((one) => one === saved.text) ?? 'normal',
    };
  } catch {
    return { theme: 'system', text: 'normal' };
  }
};

export const applyAppearance = (appearance: Appearance): void => {
  const { dataset } = document.documentElement;
  if (appearance.theme === 'system') delete dataset.theme;
  else dataset.theme = appearance.theme;
  if (appearance.text === 'normal') delete dataset.text;
  else dataset.text = appearance.text;
  try {
    localStorage.setItem(storageKey, JSON.stringify(appearance));
  } catch {
    // Storage is full or forbidden: the choice then lasts as long as the page.
  }
};
