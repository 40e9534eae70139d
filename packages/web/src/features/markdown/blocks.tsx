import type { MarkedToken, Tokens } from 'marked';
import { Fragment, memo, type ReactNode } from 'react';
import { CodeBlock } from './code-block.tsx';
import { flatten, type Place, renderInline } from './inline.tsx';
import { type BlockToken, type CodeToken, isVisible, own } from './tokens.ts';

/** More cells or items than this are shown as plain text: each costs the browser an element. */
const MAX_CELLS = 3000;
const MAX_ITEMS = 1000;

/** One block of an answer. Drawn again only when its token is another one. */
export const Block = memo(function Block({ token }: { token: BlockToken }): ReactNode {
  try {
    return renderBlock(token, 0);
  } catch {
    return <Plain text={token.raw} />;
  }
});

function renderBlock(token: BlockToken, depth: number): ReactNode {
  const place: Place = { depth: 0 };
  switch (token.type) {
    case 'paragraph':
      return <p className="md-p">{renderInline(own(token.tokens), place)}</p>;
    case 'heading':
      return <Heading token={token} />;
    case 'code':
      return (
        <CodeBlock
          code={withoutLastNewline(token.text)}
          lang={token.lang ?? ''}
          open={(token as CodeToken).open === true}
        />
      );
    case 'blockquote':
      return <blockquote className="md-quote">{renderBlocks(own(token.tokens), depth + 1)}</blockquote>;
    case 'list':
      return <List token={token} depth={depth} />;
    case 'table':
      return <Table token={token} />;
    case 'hr':
      return <hr className="md-hr" />;
    case 'text':
    case 'checkbox':
      return renderInline([token], place);
    case 'space':
    case 'def':
      return null;
    case 'plain':
      return token.isWaiting === true ? <p className="md-p md-waiting">{token.text}</p> : <Plain text={token.text} />;
    default:
      return <Plain text={token.raw} />;
  }
}

function renderBlocks(tokens: readonly MarkedToken[], depth: number): ReactNode {
  // biome-ignore lint/suspicious/noArrayIndexKey: blocks have nothing but their order
  return tokens.filter(isVisible).map((token, index) => <Fragment key={index}>{renderBlock(token, depth)}</Fragment>);
}

function Plain({ text }: { text: string }) {
  return <pre className="md-plain">{text}</pre>;
}

/** The answer itself stands under a heading of the second level. */
function Heading({ token }: { token: Tokens.Heading }) {
  const inner = renderInline(own(token.tokens), { depth: 0 });
  if (token.tokens.length === 0) return null;
  if (token.depth === 1) return <h3 className="md-h md-h1">{inner}</h3>;
  if (token.depth === 2) return <h4 className="md-h md-h2">{inner}</h4>;
  if (token.depth === 3) return <h5 className="md-h md-h3">{inner}</h5>;
  return <h6 className="md-h md-h3">{inner}</h6>;
}

function List({ token, depth }: { token: Tokens.List; depth: number }) {
  const items = token.items.slice(0, MAX_ITEMS).map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: items have nothing but their order
    <li key={index} className={item.task ? 'md-item md-item-task' : 'md-item'}>
      {renderBlocks(own(item.tokens), depth + 1)}
    </li>
  ));
  const rest = token.items.slice(MAX_ITEMS).map((item) => item.raw);
  const className = token.loose ? 'md-list md-loose' : 'md-list';
  const start = typeof token.start === 'number' && token.start !== 1 ? token.start : undefined;
  return (
    <>
      {token.ordered ? (
        <ol className={className} start={start}>
          {items}
        </ol>
      ) : (
        <ul className={className}>{items}</ul>
      )}
      {rest.length === 0 ? null : <Plain text={rest.join('')} />}
    </>
  );
}

function Table({ token }: { token: Tokens.Table }) {
  const most = Math.max(1, Math.floor(MAX_CELLS / Math.max(1, token.header.length)));
  const rest = token.rows.slice(most).map((row) => row.map((cell) => flatten(own(cell.tokens))).join(' | '));
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="md-table" aria-label="Table" tabIndex={0}>
        <table>
          <thead>
            <Row cells={token.header} />
          </thead>
          <tbody>
            {token.rows.slice(0, most).map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have nothing but their order
              <Row key={index} cells={row} />
            ))}
          </tbody>
        </table>
      </section>
      {rest.length === 0 ? null : <Plain text={rest.join('\n')} />}
    </>
  );
}

function Row({ cells }: { cells: readonly Tokens.TableCell[] }) {
  return (
    <tr>
      {cells.map((cell, index) => {
        const inner = renderInline(own(cell.tokens), { depth: 0, isInCell: true });
        const align = cell.align === null ? undefined : `md-${cell.align}`;
        return cell.header ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: cells have nothing but their order
          <th key={index} scope="col" className={align}>
            {inner}
          </th>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: cells have nothing but their order
          <td key={index} className={align}>
            {inner}
          </td>
        );
      })}
    </tr>
  );
}

function withoutLastNewline(code: string): string {
  return code.endsWith('\n') ? code.slice(0, -1) : code;
}
