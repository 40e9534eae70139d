import type { MarkedToken } from 'marked';
import { Fragment, type ReactNode } from 'react';
import { decodeEntities } from './entities.ts';
import { linkTarget, realHost } from './links.ts';
import { own } from './tokens.ts';

/** Where a piece of text stands. */
export interface Place {
  readonly depth: number;
  readonly isInLink?: boolean;
  readonly isInCell?: boolean;
}

/** Deeper marks within marks are shown as they were typed. */
const MAX_DEPTH = 40;
const REL = 'noopener noreferrer nofollow';

/** The text within a block. */
export function renderInline(tokens: readonly MarkedToken[], place: Place): ReactNode {
  if (place.depth > MAX_DEPTH) return tokens.map((token) => token.raw).join('');
  // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a text have nothing but their order
  return tokens.map((token, index) => <Fragment key={index}>{renderPiece(token, place)}</Fragment>);
}

function renderPiece(token: MarkedToken, place: Place): ReactNode {
  const inner = (inside: { readonly tokens?: readonly MarkedToken[] | unknown[] }) =>
    renderInline(own(inside.tokens as MarkedToken[]), { ...place, depth: place.depth + 1 });
  switch (token.type) {
    case 'strong':
      return <strong>{inner(token)}</strong>;
    case 'em':
      return <em>{inner(token)}</em>;
    case 'del':
      return <del>{inner(token)}</del>;
    case 'codespan':
      return <code className="md-inline">{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return <Link token={token} place={place} />;
    case 'image':
      return <Picture alt={flatten(own(token.tokens))} href={token.href} place={place} />;
    case 'checkbox':
      return (
        <span
          className="md-task"
          role="img"
          aria-label={token.checked ? 'Done' : 'Not done'}
          data-done={token.checked}
        />
      );
    case 'html':
      // In a cell there is no other way to begin a new line, so this one tag is understood.
      return place.isInCell === true && /^<br\s*\/?>$/i.test(token.raw) ? <br /> : token.raw;
    case 'escape':
      return token.text;
    case 'text':
      return token.tokens === undefined ? decodeEntities(token.text) : renderInline(own(token.tokens), place);
    default:
      return token.raw;
  }
}

function Link({ token, place }: { token: Extract<MarkedToken, { type: 'link' }>; place: Place }) {
  const within = { ...place, depth: place.depth + 1, isInLink: true };
  const target = place.isInLink === true ? undefined : linkTarget(token.href);
  const label = token.autolink === true ? token.text : renderInline(own(token.tokens), within);
  if (target === undefined) return label;
  const text = token.autolink === true ? token.text : flatten(own(token.tokens));
  const host = realHost(text, target);
  return (
    <a className="md-link" href={target.href} target="_blank" rel={REL} title={target.host}>
      {text.trim() === '' ? target.host : label}
      {host === undefined ? null : <span className="md-host"> ({host})</span>}
    </a>
  );
}

/** A picture elsewhere: fetching it would tell its server who reads this, so it waits for a tap, in a new tab. */
function Picture({ alt, href, place }: { alt: string; href: string; place: Place }) {
  const label = `Image: ${alt.trim() === '' ? 'no description' : alt}`;
  const target = place.isInLink === true ? undefined : linkTarget(href);
  if (target?.scheme !== 'http') return <span className="md-no-image">{label}</span>;
  return (
    <a className="md-image" href={target.href} target="_blank" rel={REL}>
      <span>
        {label} — <span className="md-host">{target.host}</span>
      </span>
    </a>
  );
}

/** The words of tokens without their marks. */
export function flatten(tokens: readonly MarkedToken[], depth = 0): string {
  return tokens.map((token) => (depth > MAX_DEPTH ? token.raw : flattenPiece(token, depth))).join('');
}

function flattenPiece(token: MarkedToken, depth: number): string {
  if (token.type === 'br') return ' ';
  if (token.type === 'codespan' || token.type === 'escape') return token.text;
  if (token.type === 'html') return /^<br\s*\/?>$/i.test(token.raw) ? ' ' : token.raw;
  if (token.type === 'checkbox') return token.checked ? '☑ ' : '☐ ';
  if (token.type === 'link' && token.autolink === true) return token.text;
  if ('tokens' in token && token.tokens !== undefined) return flatten(own(token.tokens), depth + 1);
  return token.type === 'text' ? decodeEntities(token.text) : token.raw;
}
