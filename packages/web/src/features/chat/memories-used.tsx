'use client';
/** The memories that were before the model when it answered, each leading to where it can be corrected. */
import { isApiError } from '@hearth/client';
import { useQueries } from '@tanstack/react-query';
import { problemOf } from '../../lib/store/store.ts';
import { navigate } from '../../shell/router.ts';
import { useHearth } from '../../shell/session.tsx';
import { icons } from '../../ui/icons.tsx';
import { Failed, Skeleton } from '../../ui/notice.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { shortDate } from './model/time.ts';

export const MemoriesUsed = ({ ids, onClose }: { ids: readonly string[]; onClose: () => void }) => {
  const { client } = useHearth();
  const memories = useQueries({
    queries: ids.map((id) => ({
      queryKey: ['memories', 'one', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.memories.get(id, { signal }),
      retry: false,
    })),
  });
  const isGone = (error: unknown): boolean => isApiError(error) && error.status === 404;
  const gone = memories.filter(({ error }) => isGone(error)).length;
  const failed = memories.find(({ error }) => error && !isGone(error));
  return (
    <Sheet open={true} onClose={onClose} title={ids.length === 1 ? '1 memory used' : `${ids.length} memories used`}>
      {memories.some(({ isPending }) => isPending) ? (
        <Skeleton flush={true} rows={Math.min(ids.length, 4)} label="Loading the memories" />
      ) : null}
      <ul>
        {memories.map(({ data }) =>
          data ? (
            <li key={data.id} className="border-b border-line last:border-b-0">
              <a
                href={`/memory/${data.id}`}
                className="flex min-h-14 items-center gap-3 py-2"
                onClick={(event) => {
                  event.preventDefault();
                  onClose();
                  navigate(`/memory/${data.id}`);
                }}
              >
                <span className="min-w-0 flex-1">
                  <span className="line-clamp-3 text-list">{data.memory}</span>
                  <span className="text-label text-ink-3">
                    {shortDate(data.occurred_at)}
                    {data.superseded_by === null ? '' : ', corrected since'}
                  </span>
                </span>
                <icons.open size={18} className="shrink-0 text-ink-3" />
              </a>
            </li>
          ) : null,
        )}
      </ul>
      {failed ? (
        <Failed
          flush={true}
          what="Not all of them could be loaded"
          detail={problemOf(failed.error)}
          onRetry={() => {
            for (const one of memories) if (one.isError) void one.refetch();
          }}
        />
      ) : null}
      {gone > 0 ? (
        <p className="pt-3 text-label text-ink-2">{gone === 1 ? 'One was' : `${gone} were`} forgotten since.</p>
      ) : null}
    </Sheet>
  );
};
