/** What lies around one name, drawn small. The list beside it says the same, so this is decoration for assistive tech. */
import type { MemoryGraph } from '@hearth/contract';

const width = 358;
const height = 300;
const centre = { x: width / 2, y: height / 2 };
/** More would not be readable; the list has all. */
export const mostDrawn = 8;

const shortened = (name: string): string => (name.length > 16 ? `${name.slice(0, 15)}…` : name);

export interface Spoke {
  id: string;
  name: string;
  isPast: boolean;
}

/** The names that the middle is directly linked to; a link that holds today wins over one that is over. */
export const spokesOf = (graph: MemoryGraph, middle: string): Spoke[] => {
  const names = new Map(graph.entities.map(({ id, name }) => [id, name]));
  const spokes = new Map<string, Spoke>();
  for (const { from, to, until } of graph.relations) {
    if (from !== middle && to !== middle) continue;
    const id = from === middle ? to : from;
    const name = names.get(id);
    if (id === middle || name === undefined) continue;
    spokes.set(id, { id, name, isPast: until !== null && (spokes.get(id)?.isPast ?? true) });
  }
  return [...spokes.values()];
};

export const GraphPicture = ({ name, spokes }: { name: string; spokes: readonly Spoke[] }) => {
  const drawn = spokes.slice(0, mostDrawn).map((spoke, index, all) => {
    const angle = (index / all.length) * 2 * Math.PI - Math.PI / 2;
    return { ...spoke, x: centre.x + Math.cos(angle) * 125, y: centre.y + Math.sin(angle) * 112 };
  });
  return (
    <svg viewBox={`0 0 ${width} ${height}`} aria-hidden="true" className="mx-auto w-full max-w-[480px]">
      {drawn.map(({ id, x, y, isPast }) => (
        <line
          key={id}
          x1={centre.x}
          y1={centre.y}
          x2={x}
          y2={y}
          stroke="var(--line-strong)"
          strokeWidth={1.5}
          strokeDasharray={isPast ? '4 5' : undefined}
        />
      ))}
      {drawn.map(({ id, name: label, x, y }) => (
        <g key={id}>
          <circle cx={x} cy={y} r={7} fill="var(--surface)" stroke="var(--ink-3)" strokeWidth={2} />
          {/* Outwards, so that no line runs through it. */}
          <text
            x={x}
            y={y < centre.y - 4 ? y - 14 : y + 22}
            textAnchor="middle"
            stroke="var(--bg)"
            strokeWidth={4}
            paintOrder="stroke"
            className="fill-ink-2 text-small"
          >
            {shortened(label)}
          </text>
        </g>
      ))}
      <circle cx={centre.x} cy={centre.y} r={11} fill="var(--accent)" />
      <text
        x={centre.x}
        y={centre.y + 28}
        textAnchor="middle"
        stroke="var(--bg)"
        strokeWidth={4}
        paintOrder="stroke"
        className="fill-ink text-label font-semibold"
      >
        {shortened(name)}
      </text>
    </svg>
  );
};
