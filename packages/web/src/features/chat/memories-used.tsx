'use client';
/** The memories that were before the model when it answered, each leading to where it can be corrected. */
import { isApiError } from '@hearth/client';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { navigate } from '../../shell/router.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { icons } from '../../ui/icons.tsx';
import { Failed, Skeleton } from '../../ui/notice.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { shortDate } from './model/time.ts';

const countWords = (count: number): string => (count === 1 ? '1 memory' : `${count} memories`);

const isGone = (error: unknown): boolean => isApiError(error) && error.status === 404;

export const MemoriesSheet = ({ ids, onClose }: { ids: readonly string[]; onClose: () => void }) => {
  const { client } = useHearth();
  const found = useQuery({
    queryKey: ['memories', 'used', ids],
    queryFn: async ({ signal }) => {
      const all = await Promise.allSettled(ids.map((id) => client.memories.get(id, { signal })));
      // One that was forgotten since is no failure.
      const failed = all.find((one) => one.status === 'rejected' && !isGone(one.reason));
      if (failed?.status === 'rejected') throw failed.reason;
      return all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    },
  });
  const gone = found.data ? ids.length - found.data.length : 0;
  return (
    <Sheet open={true} onClose={onClose} title={`Used ${countWords(ids.length)}`}>
      {found.isPending ? <Skeleton flush={true} rows={Math.min(ids.length, 4)} label="Loading the memories" /> : null}
      <ul>
        {found.data?.map((one) => (
          <li key={one.id} className="border-b border-line last:border-b-0">
            <a
              href={`/memory/${one.id}`}
              className="flex min-h-14 items-center gap-3 py-2"
              onClick={(event) => {
                event.preventDefault();
                onClose();
                navigate(`/memory/${one.id}`);
              }}
            >
              <span className="min-w-0 flex-1">
                <span className="line-clamp-3 text-list">{one.memory}</span>
                <span className="text-label text-ink-3">
                  {shortDate(one.occurred_at)}
                  {one.superseded_by === null ? '' : ', corrected since'}
                </span>
              </span>
              <icons.open size={18} className="shrink-0 text-ink-3" />
            </a>
          </li>
        ))}
      </ul>
      {found.isError ? (
        <Failed
          flush={true}
          what="They could not be loaded"
          detail={problemOf(found.error)}
          onRetry={() => void found.refetch()}
        />
      ) : null}
      {gone > 0 ? (
        <p className="pt-3 text-label text-ink-2">{gone === 1 ? 'One was' : `${gone} were`} forgotten since.</p>
      ) : null}
    </Sheet>
  );
};

/** A quiet mark below an answer. */
export const MemoriesUsed = ({ ids }: { ids: readonly string[] }) => {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        tone="quiet"
        className="!px-3 text-label font-normal !text-ink-2"
        icon={<icons.memory size={16} />}
        onClick={() => setOpen(true)}
      >
        Used {countWords(ids.length)}
      </Button>
      {isOpen ? <MemoriesSheet ids={ids} onClose={() => setOpen(false)} /> : null}
    </>
  );
};
