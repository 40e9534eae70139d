import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { Markdown } from '../markdown.tsx';

/** An answer as HTML, without the box around it. */
export function html(text: string, live = false): string {
  const whole = renderToStaticMarkup(createElement(Markdown, { text, live }));
  return whole.replace(/^<div class="md"[^>]*>/, '').replace(/<\/div>$/, '');
}

/** The words a reader sees. */
export function words(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#x27;', "'")
    .replaceAll('&amp;', '&');
}

export function hrefs(markup: string): readonly string[] {
  return [...markup.matchAll(/ href="([^"]*)"/g)].map(([, href]) => (href ?? '').replaceAll('&amp;', '&'));
}
