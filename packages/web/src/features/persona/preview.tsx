'use client';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useHearth } from '../../shell/session.tsx';
import { Failed, Skeleton } from '../../ui/notice.tsx';
import { CodeBox } from '../../ui/scrollable.tsx';
import { Part } from '../settings/part.tsx';
import { type Fields, toChange } from './draft.ts';

const afterTypingMs = 400;

const useSettled = (fields: Fields): Fields => {
  const [settled, setSettled] = useState(fields);
  const text = JSON.stringify(fields);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same words are the same fields
  useEffect(() => {
    const timer = setTimeout(() => setSettled(fields), afterTypingMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
};

/** The text that every new chat begins with, and what it costs. */
export const Preview = ({ fields, offline }: { fields: Fields; offline: boolean }) => {
  const { client } = useHearth();
  const change = toChange(useSettled(fields));
  const preview = useQuery({
    queryKey: ['persona-preview', change],
    queryFn: ({ signal }) => client.persona.preview(change, { signal }),
    placeholderData: (old) => old,
    enabled: !offline,
  });
  const { data } = preview;
  return (
    <Part title="What a new chat begins with" hint={data ? `About ${data.tokens} tokens in each chat.` : undefined}>
      {offline && !data ? <p className="text-label text-ink-2">The preview needs a connection.</p> : null}
      {!offline && preview.isPending ? <Skeleton flush={true} rows={3} label="Making the preview" /> : null}
      {preview.isError ? (
        <Failed flush={true} what="No preview of this" onRetry={() => void preview.refetch()} />
      ) : data ? (
        <CodeBox label="Preview" className="max-h-96">
          {data.text}
        </CodeBox>
      ) : null}
    </Part>
  );
};
