/** The API documentation as one plain HTML page: no script, nothing loaded from elsewhere. */
import { z } from 'zod';

const operationShape = z.looseObject({
  tags: z.array(z.string()).optional(),
  summary: z.string().optional(),
  'x-access': z.string().optional(),
  'x-rate-limit': z.string().optional(),
});
const documentShape = z.looseObject({
  info: z.looseObject({ title: z.string(), version: z.string(), description: z.string().optional() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
h2{margin:2rem 0 .5rem;text-transform:capitalize}table{border-collapse:collapse;width:100%}
td{padding:.4rem .75rem .4rem 0;border-top:1px solid color-mix(in srgb,currentColor 20%,transparent);vertical-align:top}
code{font:14px ui-monospace,monospace}.m{font-weight:600;white-space:nowrap}.d{opacity:.75}`;

export const renderDocsPage = (document: object): string => {
  const { info, paths } = documentShape.parse(document);
  const groups = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, raw] of Object.entries(methods)) {
      const operation = operationShape.safeParse(raw);
      if (!operation.success) continue;
      const { tags, summary = '', ...marks } = operation.data;
      const access = marks['x-access'] ?? '';
      const limit = marks['x-rate-limit'] ? `, limited: ${marks['x-rate-limit']}` : '';
      const row = `<tr><td class=m>${escapeHtml(method.toUpperCase())}</td><td><code>${escapeHtml(path)}</code></td><td>${escapeHtml(summary)}<br><span class=d>${escapeHtml(access + limit)}</span></td></tr>`;
      const tag = tags?.[0] ?? 'other';
      groups.set(tag, [...(groups.get(tag) ?? []), row]);
    }
  }
  const sections = [...groups]
    .map(([tag, rows]) => `<h2>${escapeHtml(tag)}</h2><table>${rows.join('')}</table>`)
    .join('');
  return `<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width"><title>${escapeHtml(info.title)} API</title><style>${style}</style>
<h1>${escapeHtml(info.title)} API ${escapeHtml(info.version)}</h1><p>${escapeHtml(info.description ?? '')}</p>
<p>The whole document, with every schema: <a href="/api/v1/openapi.json">openapi.json</a></p>${sections}</html>`;
};
