import bash from 'highlight.js/lib/languages/bash';
import diff from 'highlight.js/lib/languages/diff';
import dockerfile from 'highlight.js/lib/languages/dockerfile';
import ini from 'highlight.js/lib/languages/ini';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';
import { memo, type ReactNode } from 'react';

type Node = ReturnType<ReturnType<typeof createLowlight>['highlight']>['children'][number];

/** Pieces that are drawn together, so that React can pause between them. */
const AT_ONCE = 200;

/** A highlighter with the languages of a home lab. This file is its own chunk: import it only when code is to be coloured. */
export function createHighlighter(): (code: string, grammar: string) => ReactNode {
  const lowlight = createLowlight({ bash, diff, dockerfile, ini, json, python, sql, typescript, yaml });
  return (code, grammar) => {
    const { children } = lowlight.highlight(grammar, code, { prefix: 'hl-' });
    const groups: ReactNode[] = [];
    for (let at = 0; at < children.length; at += AT_ONCE) {
      groups.push(<Group key={at} nodes={children.slice(at, at + AT_ONCE)} />);
    }
    return groups;
  };
}

const Group = memo(function Group({ nodes }: { nodes: readonly Node[] }) {
  return nodes.map(render);
});

function render(node: Node, index: number): ReactNode {
  if (node.type === 'text') return node.value;
  if (node.type !== 'element') return null;
  const { className } = node.properties;
  return (
    <span key={index} className={Array.isArray(className) ? className.join(' ') : undefined}>
      {node.children.map(render)}
    </span>
  );
}
