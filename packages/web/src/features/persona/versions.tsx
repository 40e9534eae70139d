'use client';
import type { PersonaHistory } from '@hearth/contract';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Failed, Skeleton } from '../../ui/notice.tsx';
import { dayAndTime } from '../chat/model/time.ts';
import { Part } from '../settings/part.tsx';
import { differences, fieldsOf, labels } from './draft.ts';
import { historyKey, type PersonaForm } from './use-persona.ts';

type Version = PersonaHistory['versions'][number];

/** In the words of the form: what this version changed of the one before it. */
const changesOf = (version: Version, before: Version | undefined): string => {
  if (!before) return 'The first';
  const names = differences(fieldsOf(version), fieldsOf(before)).map((name) => labels[name]);
  return names.length === 0 ? 'Nothing changed' : `Changed: ${names.join(', ')}`;
};

interface VersionsProps {
  form: PersonaForm;
  current: number;
  offline: boolean;
}

export const Versions = ({ form, current, offline }: VersionsProps) => {
  const { client } = useHearth();
  const [busy, setBusy] = useState<number | null>(null);
  // The number is part of the name, so that a change elsewhere is fetched with its versions.
  const history = useQuery({
    queryKey: [...historyKey, current],
    queryFn: ({ signal }) => client.persona.history({ signal }),
    placeholderData: (old) => old,
  });
  const isDirty = form.changed.length > 0;
  const revert = async (version: number): Promise<void> => {
    setBusy(version);
    await form.revert(version);
    setBusy(null);
  };
  const versions = history.data?.versions ?? [];
  if (history.data && versions.length === 0) return null;
  return (
    <Part title="Versions" hint={isDirty ? 'Save or discard what you changed to go back to one.' : undefined}>
      {history.isPending ? <Skeleton flush={true} rows={2} label="Loading the versions" /> : null}
      {history.isError && !history.data ? (
        <Failed
          flush={true}
          what="The versions could not be loaded"
          detail={problemOf(history.error)}
          onRetry={() => void history.refetch()}
        />
      ) : null}
      <ol className="rail">
        {versions.map((version, index) => (
          <li key={version.version} className="rail-step flex items-start gap-3 py-2">
            <span
              className="rail-mark"
              data-state={version.version === current ? 'done' : 'stopped'}
              aria-hidden="true"
            />
            <span className="min-w-0 flex-1">
              <span className="block text-list font-semibold">
                {version.updated_at ? dayAndTime(version.updated_at) : `Version ${version.version}`}
              </span>
              <span className="block text-label text-ink-2">
                {version.version === current ? 'In use. ' : ''}
                {changesOf(version, versions[index + 1])}
              </span>
            </span>
            {version.version === current ? null : (
              <Button
                busy={busy === version.version}
                disabled={offline || isDirty}
                onClick={() => void revert(version.version)}
              >
                Go back
                <span className="sr-only"> to version {version.version}</span>
              </Button>
            )}
          </li>
        ))}
      </ol>
    </Part>
  );
};
