'use client';
/** People, places and things, and how they hang together: a list of names, and what lies around one of them. */
import type { MemoryGraph } from '@hearth/contract';
import { useQuery } from '@tanstack/react-query';
import { problemOf } from '../../lib/store/store.ts';
import { ButtonLink, Link } from '../../shell/link.tsx';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { icons } from '../../ui/icons.tsx';
import { Empty, Failed, Skeleton } from '../../ui/notice.tsx';
import { shortDate } from '../chat/model/time.ts';
import { Part } from '../settings/part.tsx';
import { GraphPicture, mostDrawn, spokesOf } from './graph-picture.tsx';
import { graphKey } from './use-memories.ts';
import { useSettings } from './use-settings.ts';
import { noPeople } from './words.ts';

type Entity = MemoryGraph['entities'][number];
type Relation = MemoryGraph['relations'][number];

const nameHref = (name: string): string => `/memory/people/${encodeURIComponent(name)}`;
const kindWord = (kind: string): string => kind.replaceAll('_', ' ').toLowerCase();

const memoriesCount = (count: number): string => (count === 1 ? '1 memory' : `${count} memories`);

const EntityRow = ({ entity }: { entity: Entity }) => (
  <li className="border-b border-line">
    <Link href={nameHref(entity.name)} className="flex min-h-14 items-center gap-3 px-4">
      <span className="min-w-0 flex-1 truncate text-list font-semibold">{entity.name}</span>
      <span className="shrink-0 text-label text-ink-3">
        {kindWord(entity.kind)}, {memoriesCount(entity.memory_ids.length)}
      </span>
      <icons.open size={18} className="shrink-0 text-ink-3" />
    </Link>
  </li>
);

const RelationRow = ({ relation, names }: { relation: Relation; names: ReadonlyMap<string, string> }) => {
  const [memory] = relation.memory_ids;
  const words = (
    <>
      <span className="text-list">
        <b className="font-semibold">{names.get(relation.from)}</b> {relation.type.replaceAll('_', ' ').toLowerCase()}{' '}
        <b className="font-semibold">{names.get(relation.to)}</b>
      </span>
      <span className="text-label text-ink-3">
        {relation.until === null
          ? `Since ${shortDate(relation.since)}`
          : `Until ${shortDate(relation.until)}, holds no more`}
      </span>
    </>
  );
  const look = 'flex min-h-14 flex-col justify-center py-2';
  return (
    <li className="border-b border-line last:border-b-0">
      {memory === undefined ? (
        <span className={look}>{words}</span>
      ) : (
        <Link href={`/memory/${memory}`} className={look}>
          {words}
        </Link>
      )}
    </li>
  );
};

const Around = ({ graph, name }: { graph: MemoryGraph; name: string }) => {
  const wanted = name.toLowerCase();
  const middle = graph.entities.find((entity) => entity.name.toLowerCase() === wanted) ?? graph.entities[0];
  if (!middle)
    return (
      <Empty title="Nobody by that name" action={<ButtonLink href="/memory/people">All names</ButtonLink>}>
        Nothing that is remembered is about “{name}”.
      </Empty>
    );
  const names = new Map(graph.entities.map((entity) => [entity.id, entity.name]));
  const spokes = spokesOf(graph, middle.id);
  const relations = graph.relations.filter(({ from, to }) => from === middle.id || to === middle.id);
  return (
    <div className="flex flex-col gap-8 px-4 py-6">
      {spokes.length > 0 ? <GraphPicture name={middle.name} spokes={spokes} /> : null}
      {spokes.length > mostDrawn ? (
        <p className="-mt-6 text-label text-ink-3">
          {mostDrawn} of {spokes.length} are drawn; the list has all.
        </p>
      ) : null}
      <Part title={relations.length === 0 ? 'Not linked to anything yet' : 'How it is linked'}>
        <ul>
          {relations.map((relation) => (
            <RelationRow key={`${relation.from} ${relation.type} ${relation.to}`} relation={relation} names={names} />
          ))}
        </ul>
      </Part>
      {spokes.length > 0 ? (
        <Part title="Go on to">
          <ul className="flex flex-wrap gap-2">
            {spokes.map((spoke) => (
              <li key={spoke.id}>
                <Link
                  href={nameHref(spoke.name)}
                  className="tap inline-flex items-center rounded-full border border-line-strong px-3.5 text-label font-semibold"
                >
                  {spoke.name}
                </Link>
              </li>
            ))}
          </ul>
        </Part>
      ) : null}
    </div>
  );
};

const None = () => (
  <Empty title="No people and things here" action={<ButtonLink href="/memory">All memories</ButtonLink>}>
    {noPeople} The memories themselves are all in the list.
  </Empty>
);

const Names = ({ graph }: { graph: MemoryGraph }) =>
  graph.entities.length === 0 ? (
    <Empty title="No people or things yet" action={<ButtonLink href="/memory">All memories</ButtonLink>}>
      They are found in what you say in chats: who lives where, what belongs to whom, which machine runs what.
    </Empty>
  ) : (
    <>
      <p className="px-4 pt-4 pb-2 text-label text-ink-2">
        {graph.total.entities === 1 ? '1 name' : `${graph.total.entities} names`},{' '}
        {graph.total.relations === 1 ? '1 link' : `${graph.total.relations} links`}. The most spoken of first.
      </p>
      <ul aria-label="Names" className="border-t border-line">
        {graph.entities.map((entity) => (
          <EntityRow key={entity.id} entity={entity} />
        ))}
      </ul>
    </>
  );

export const PeoplePage = ({ about }: { about: string | null }) => {
  const { client } = useHearth();
  const keepsNone = useSettings().data?.keeps_graph === false;
  const graph = useQuery({
    queryKey: [...graphKey, 'about', about],
    queryFn: ({ signal }) =>
      client.memories.graph(about === null ? { limit: 200 } : { about: about.slice(0, 200), limit: 100 }, { signal }),
  });
  return (
    <Screen title={about ?? 'People and things'} back={about === null ? '/memory' : '/memory/people'}>
      {graph.isPending ? <Skeleton rows={5} label="Loading people and things" /> : null}
      {graph.isError ? (
        <Failed
          what="People and things could not be loaded"
          detail={problemOf(graph.error)}
          onRetry={() => void graph.refetch()}
        />
      ) : null}
      {graph.data && keepsNone ? <None /> : null}
      {graph.data && !keepsNone && about === null ? <Names graph={graph.data} /> : null}
      {graph.data && !keepsNone && about !== null ? <Around graph={graph.data} name={about} /> : null}
    </Screen>
  );
};
