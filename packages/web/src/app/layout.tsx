import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { themeScript } from '../lib/appearance.ts';
import { trustScript } from '../lib/trust.ts';
import { bricolage, geistMono, hanken } from './fonts.ts';
import './globals.css';

export const metadata: Metadata = {
  title: 'Hearth',
  description: 'Your assistant at home',
  applicationName: 'Hearth',
  icons: { icon: '/icon.svg', apple: '/icon-180.png' },
  formatDetection: { telephone: false },
  referrer: 'no-referrer',
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  interactiveWidget: 'resizes-content',
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f0f5f5' },
    { media: '(prefers-color-scheme: dark)', color: '#0c1517' },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html
      lang="en"
      className={`${hanken.variable} ${bricolage.variable} ${geistMono.variable}`}
      suppressHydrationWarning={true}
    >
      <head>
        {/* Before everything else; the server allows both by their hashes. */}
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours */}
        <script dangerouslySetInnerHTML={{ __html: trustScript }} />
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a constant of ours */}
        <script dangerouslySetInnerHTML={{ __html: themeScript }} />
      </head>
      <body>{children}</body>
    </html>
  );
}
