'use client';
/** What may be remembered, and everything at once: take it out, bring it in, forget it. */
import type { ImportedMemories, UpdateMemorySettings } from '@hearth/client';
import type { MemorySettings } from '@hearth/contract';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useDeed } from '../../lib/use-deed.ts';
import { Screen } from '../../shell/screen.tsx';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Choice, Field } from '../../ui/field.tsx';
import { icons } from '../../ui/icons.tsx';
import { Failed, Notice, Skeleton } from '../../ui/notice.tsx';
import { SwitchRow } from '../../ui/switch.tsx';
import { showToast } from '../../ui/toast.tsx';
import { Part, ProblemLine } from '../settings/part.tsx';
import { RetentionPart } from './retention-part.tsx';
import { refreshMemories, savedKey, useOffline } from './use-memories.ts';
import { settingsKey, useSaveSettings, useSettings } from './use-settings.ts';
import { noPeople, piiChoices } from './words.ts';

const word = 'forget';
const peopleHint = 'Also keep who and what belongs together, so that one name leads to another.';

const Choices = ({ settings, offline }: { settings: MemorySettings; offline: boolean }) => {
  const queries = useQueryClient();
  const save = useSaveSettings();
  const [problem, setProblem] = useState<string | null>(null);
  const change = async (part: UpdateMemorySettings): Promise<void> => {
    setProblem(null);
    const before = queries.getQueryData(settingsKey);
    queries.setQueryData<MemorySettings>(settingsKey, { ...settings, ...part });
    try {
      await save(part);
    } catch (error) {
      queries.setQueryData(settingsKey, before);
      setProblem(`Not changed: ${problemOf(error)}`);
    }
  };
  return (
    <>
      <Part title="Memory in chats">
        <div>
          <SwitchRow
            label="Remember"
            hint="Facts are learned from chats and recalled in later ones. Off keeps what is stored but does not use it."
            checked={settings.enabled}
            disabled={offline}
            onChange={(enabled) => void change({ enabled })}
          />
          <SwitchRow
            label="People and things"
            hint={settings.keeps_graph ? peopleHint : noPeople}
            checked={settings.keeps_graph && settings.enable_graph}
            disabled={offline || !settings.enabled || !settings.keeps_graph}
            onChange={(enable_graph) => void change({ enable_graph })}
          />
        </div>
        <ProblemLine>{problem}</ProblemLine>
      </Part>
      <Choice
        legend="Phone numbers, addresses and other personal data"
        name="pii"
        value={settings.pii_mode}
        options={piiChoices.map((choice) => ({ ...choice, disabled: offline }))}
        onChange={(pii_mode) => void change({ pii_mode })}
      />
    </>
  );
};

const ImportResult = ({ result }: { result: ImportedMemories }) => (
  <Notice tone={result.refused.length > 0 ? 'attn' : 'ok'}>
    <p>
      {result.imported === 1 ? '1 memory' : `${result.imported} memories`} brought in
      {result.merged > 0 ? `, ${result.merged} known already` : ''}
      {result.refused.length > 0 ? `, ${result.refused.length} refused` : ''}.
    </p>
    {result.refused.slice(0, 5).map(({ line, message }) => (
      <p key={line} className="text-label">
        Line {line}: {message}
      </p>
    ))}
  </Notice>
);

const Import = ({ offline }: { offline: boolean }) => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [result, setResult] = useState<ImportedMemories | null>(null);
  const { isBusy, problem, run } = useDeed();
  const take = async (file: File): Promise<void> => {
    setResult(null);
    const lines = await file.text();
    if (lines.trim() === '') throw new Error('The file is empty.');
    setResult(await client.memories.import(lines));
    await refreshMemories(queries);
  };
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden={true}
        accept=".jsonl,.json,.txt"
        aria-label="File to import"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = '';
          if (file) void run(() => take(file));
        }}
      />
      <Button busy={isBusy} disabled={offline} onClick={() => input.current?.click()}>
        Import…
      </Button>
      {result || problem ? (
        <div className="w-full">
          {result ? <ImportResult result={result} /> : null}
          <ProblemLine>{problem}</ProblemLine>
        </div>
      ) : null}
    </>
  );
};

const DeleteAll = ({ offline }: { offline: boolean }) => {
  const { client, kv, ownerId } = useHearth();
  const queries = useQueryClient();
  const [typed, setTyped] = useState('');
  const { isBusy, problem, run } = useDeed();
  const isMeant = typed.trim().toLowerCase() === word;
  const remove = async (): Promise<void> => {
    await client.memories.removeAll();
    await kv.remove(savedKey(ownerId));
    setTyped('');
    showToast({ text: 'Everything is forgotten' });
    await refreshMemories(queries);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isMeant) void run(remove);
      }}
      className="flex flex-col gap-3"
    >
      <Field
        label={`Type “${word}” to delete all memories`}
        value={typed}
        autoComplete="off"
        autoCapitalize="none"
        onChange={(event) => setTyped(event.target.value)}
        className="max-w-80"
      />
      <ProblemLine>{problem}</ProblemLine>
      <Button type="submit" tone="danger" busy={isBusy} disabled={offline || !isMeant} className="self-start">
        Delete all memories
      </Button>
    </form>
  );
};

export const SettingsPage = () => {
  const { client } = useHearth();
  const offline = useOffline();
  const settings = useSettings();
  return (
    <Screen title="Memory settings" back="/memory">
      <div className="flex flex-col gap-8 px-4 py-6">
        {offline ? <Notice>Not connected: settings can be read, changing them needs a connection.</Notice> : null}
        {settings.isPending ? <Skeleton flush={true} rows={4} label="Loading the settings" /> : null}
        {settings.isError && !settings.data ? (
          <Failed
            flush={true}
            what="The settings could not be loaded"
            detail={problemOf(settings.error)}
            onRetry={() => void settings.refetch()}
          />
        ) : null}
        {settings.data ? (
          <>
            <Choices settings={settings.data} offline={offline} />
            <RetentionPart retention={settings.data.retention} offline={offline} />
          </>
        ) : null}
        <Part
          title="Take it with you"
          hint="All memories in one file, one a line. Import also reads what Mem0 exports."
        >
          <div className="flex flex-wrap gap-2">
            {offline ? null : (
              <a
                href={client.memories.exportUrl()}
                download={true}
                className="tap inline-flex items-center gap-2 rounded-button border border-line-strong bg-surface px-4 text-list font-semibold"
              >
                <icons.latest size={18} /> Export
              </a>
            )}
            <Import offline={offline} />
          </div>
        </Part>
        <Part
          title="Forget everything"
          hint="Every memory with its history, the people and things, and what is still being learned. This cannot be undone."
        >
          <DeleteAll offline={offline} />
        </Part>
      </div>
    </Screen>
  );
};
