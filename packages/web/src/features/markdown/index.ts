/**
 * Answers of the assistant as React elements: Markdown that streams in, cheap to update, safe to show. No HTML of the
 * model is ever understood, nothing is fetched, links wait for a tap. Its styles are in `markdown.css`.
 */
export { Markdown } from './markdown.tsx';
