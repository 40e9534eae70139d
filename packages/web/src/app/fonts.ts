import localFont from 'next/font/local';

/** One variable file for all text; its figures have equal width already. */
export const hanken = localFont({
  src: '../../../../node_modules/@fontsource-variable/hanken-grotesk/files/hanken-grotesk-latin-wght-normal.woff2',
  variable: '--font-hanken',
  weight: '100 900',
  display: 'swap',
  adjustFontFallback: 'Arial',
});

/** Titles only, in one weight, and it never holds up the first paint. */
export const bricolage = localFont({
  src: '../../../../node_modules/@fontsource/bricolage-grotesque/files/bricolage-grotesque-latin-700-normal.woff2',
  variable: '--font-bricolage',
  weight: '700',
  display: 'swap',
  preload: false,
  adjustFontFallback: 'Arial',
});

/** Fetched by the browser when the first code appears. */
export const geistMono = localFont({
  src: '../../../../node_modules/@fontsource-variable/geist-mono/files/geist-mono-latin-wght-normal.woff2',
  variable: '--font-geist-mono',
  weight: '100 900',
  display: 'swap',
  preload: false,
});
