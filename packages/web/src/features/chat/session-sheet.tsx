'use client';
/** About one chat: its settings, what it has cost, its checkpoints, and what can be done with all of it. */
import type { Session } from '@hearth/contract';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { once } from '../../lib/once.ts';
import { problemOf } from '../../lib/store/store.ts';
import { navigate, openSheet } from '../../shell/router.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Field, Select } from '../../ui/field.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { showToast } from '../../ui/toast.tsx';
import { useAccount } from '../account/use-account.ts';
import { dayAndTime } from './model/time.ts';
import { modeNames } from './modes.ts';
import { OffRecordSwitch } from './off-record.tsx';

type Change = { title?: string; model?: string | null; cwd?: string | null; off_record?: boolean };

/** Saves one change at a time, answers whether it was saved, and says at the field what went wrong. */
const useChange = (session: Session) => {
  const { client } = useHearth();
  const [busy, setBusy] = useState<keyof Change | null>(null);
  const [problem, setProblem] = useState<{ field: keyof Change; text: string } | null>(null);
  const change = async (field: keyof Change, value: Change): Promise<boolean> => {
    setBusy(field);
    setProblem(null);
    try {
      await client.sessions.update(session.id, value);
      return true;
    } catch (error) {
      setProblem({ field, text: problemOf(error) });
      return false;
    } finally {
      setBusy(null);
    }
  };
  return { busy, change, problemAt: (field: keyof Change) => (problem?.field === field ? problem.text : null) };
};

interface TextSettingProps {
  label: string;
  initial: string;
  hint?: string;
  busy: boolean;
  error: string | null;
  onSave: (text: string) => void;
}

const TextSetting = ({ label, initial, hint, busy, error, onSave }: TextSettingProps) => {
  const [text, setText] = useState(initial);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSave(text.trim());
  };
  return (
    <form onSubmit={submit} className="flex items-start gap-2">
      <Field
        label={label}
        value={text}
        hint={hint}
        error={error}
        onChange={(event) => setText(event.target.value)}
        className="flex-1"
      />
      <Button type="submit" busy={busy} disabled={text.trim() === initial} className="mt-6">
        Save
      </Button>
    </form>
  );
};

const ModelSetting = ({
  session,
  change,
  busy,
}: {
  session: Session;
  busy: boolean;
  change: (model: string | null) => void;
}) => {
  const account = useAccount();
  const models = Object.entries(account.data?.models ?? {});
  const known = session.model === null || models.some(([alias, id]) => alias === session.model || id === session.model);
  return (
    <Select
      label="Model"
      value={session.model ?? ''}
      disabled={busy || account.isPending}
      onChange={(event) => change(event.target.value === '' ? null : event.target.value)}
    >
      <option value="">The usual one</option>
      {known ? null : <option value={session.model ?? ''}>{session.model}</option>}
      {models.map(([alias, id]) => (
        <option key={alias} value={session.model === id ? id : alias}>
          {alias.charAt(0).toUpperCase() + alias.slice(1)} ({id})
        </option>
      ))}
    </Select>
  );
};

type Changing = ReturnType<typeof useChange>;

/** Moves at once, and back when it could not be saved. */
const RecordSetting = ({ session, changing }: { session: Session; changing: Changing }) => {
  const { busy, change, problemAt } = changing;
  const [wanted, setWanted] = useState(session.off_record);
  useEffect(() => setWanted(session.off_record), [session.off_record]);
  const choose = async (off_record: boolean): Promise<void> => {
    if (busy === 'off_record') return;
    setWanted(off_record);
    if (!(await change('off_record', { off_record }))) setWanted(!off_record);
  };
  return (
    <div>
      <OffRecordSwitch
        isOff={wanted}
        hint="From the next message on nothing from this chat is remembered, and nothing is recalled."
        onOff={(isOff) => void choose(isOff)}
      />
      {problemAt('off_record') ? (
        <p role="alert" className="text-label text-danger">
          {problemAt('off_record')}
        </p>
      ) : null}
    </div>
  );
};

const numberFormat = once(() => new Intl.NumberFormat());
const inDigits = (number: number): string => numberFormat().format(number);

const Costs = ({ session }: { session: Session }) => {
  const { usage } = session;
  const rows: [string, string][] = [
    ['Turns', inDigits(session.total_turns)],
    [
      'Cost',
      session.total_cost_usd === 0
        ? 'Nothing'
        : `$${session.total_cost_usd.toFixed(session.total_cost_usd < 1 ? 4 : 2)}`,
    ],
    ['Tokens in', inDigits(usage.input_tokens + usage.cache_creation_input_tokens)],
    ['Tokens from the cache', inDigits(usage.cache_read_input_tokens)],
    ['Tokens out', inDigits(usage.output_tokens)],
  ];
  return (
    <dl className="flex flex-col">
      {rows.map(([name, value]) => (
        <div
          key={name}
          className="flex min-h-9 items-center justify-between border-b border-line text-list last:border-b-0"
        >
          <dt className="text-ink-2">{name}</dt>
          <dd className="tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
};

const filesWords = (count: number): string =>
  count === 0 ? 'no files yet' : `${count} ${count === 1 ? 'file' : 'files'}`;

const Checkpoints = ({ session }: { session: Session }) => {
  const { client } = useHearth();
  const list = useQuery({
    queryKey: ['checkpoints', session.id],
    queryFn: ({ signal }) => client.sessions.checkpoints(session.id, { signal }),
    staleTime: 0,
  });
  if (list.isPending) return <p className="text-label text-ink-3">Loading</p>;
  if (list.isError)
    return <Failed flush={true} what="Not loaded" detail={problemOf(list.error)} onRetry={() => void list.refetch()} />;
  const { checkpoints } = list.data;
  if (checkpoints.length === 0)
    return <p className="text-list text-ink-2">None yet. One is kept before each message that changes files.</p>;
  return (
    <ul className="rail">
      {checkpoints.map((checkpoint) => (
        <li key={checkpoint.id} className="rail-step flex items-center gap-2 border-b border-line py-2 last:border-b-0">
          <span className="rail-mark" data-state="done" />
          <span className="min-w-0 flex-1">
            <span className="block truncate text-list">{checkpoint.label}</span>
            <span className="block text-label text-ink-3">
              {dayAndTime(checkpoint.created_at)} · {filesWords(checkpoint.files.length)}
            </span>
          </span>
          <Button onClick={() => openSheet(`checkpoint:${checkpoint.id}`)}>Go back here</Button>
        </li>
      ))}
    </ul>
  );
};

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="flex flex-col gap-2 pb-6">
    <h3 className="font-display text-title font-bold">{title}</h3>
    {children}
  </section>
);

const Deeds = ({ session }: { session: Session }) => {
  const { client } = useHearth();
  const [problem, setProblem] = useState<string | null>(null);
  const fork = async (): Promise<void> => {
    try {
      const made = await client.sessions.create({ from: { session_id: session.id } });
      navigate(`/c/${made.id}`, { replace: true });
      showToast({ text: 'Forked into a new chat' });
    } catch (error) {
      setProblem(problemOf(error));
    }
  };
  return (
    <div className="flex flex-wrap gap-2">
      <Button onClick={() => void fork()}>Fork the whole chat</Button>
      <a
        href={client.sessions.exportUrl(session.id, 'markdown')}
        download={true}
        className="tap inline-flex items-center rounded-button border border-line-strong bg-surface px-4 text-list font-semibold"
      >
        Export, secrets removed
      </a>
      {problem ? (
        <p role="alert" className="w-full text-label text-danger">
          {problem}
        </p>
      ) : null}
    </div>
  );
};

export const SessionSheet = ({ session, onClose }: { session: Session; onClose: () => void }) => {
  const changing = useChange(session);
  const { busy, change, problemAt } = changing;
  return (
    <Sheet open={true} onClose={onClose} title="About this chat">
      <Part title="Settings">
        <TextSetting
          key={session.title}
          label="Title"
          initial={session.title ?? ''}
          busy={busy === 'title'}
          error={problemAt('title')}
          onSave={(title) => void change('title', { title })}
        />
        <ModelSetting session={session} busy={busy === 'model'} change={(model) => void change('model', { model })} />
        {problemAt('model') ? <p className="text-label text-danger">{problemAt('model')}</p> : null}
        <TextSetting
          key={`cwd:${session.cwd}`}
          label="Working folder"
          hint="A folder on the server; empty means the usual one."
          initial={session.cwd ?? ''}
          busy={busy === 'cwd'}
          error={problemAt('cwd')}
          onSave={(cwd) => void change('cwd', { cwd: cwd === '' ? null : cwd })}
        />
        <Button className="!justify-between" onClick={() => openSheet('mode')}>
          Mode <span className="font-normal text-ink-2">{modeNames[session.permission_mode]}</span>
        </Button>
        <RecordSetting session={session} changing={changing} />
      </Part>
      <Part title="So far">
        <Costs session={session} />
      </Part>
      <Part title="Checkpoints">
        <Checkpoints session={session} />
      </Part>
      <Part title="Copy and keep">
        <Deeds session={session} />
      </Part>
    </Sheet>
  );
};
