'use client';
import type { ApiKey, Permission } from '@hearth/contract';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { copyText } from '../../lib/copy-text.ts';
import { problemOf } from '../../lib/store/store.ts';
import { useDeed } from '../../lib/use-deed.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Failed, Notice, Skeleton } from '../../ui/notice.tsx';
import { Sheet } from '../../ui/sheet.tsx';
import { SwitchRow } from '../../ui/switch.tsx';
import { shortDate } from '../chat/model/time.ts';
import { Part, ProblemLine } from './part.tsx';
import { permissionWords } from './permissions.ts';

const keysKey = ['api-keys'] as const;

/** Shown once; nobody, the server included, can show it again. */
const NewKey = ({ text, onDone }: { text: string; onDone: () => void }) => {
  const [isCopied, setCopied] = useState(false);
  return (
    <Notice tone="ok">
      <p className="font-semibold">Copy this key now; it is not shown again.</p>
      <p className="py-2 font-mono text-label break-all">{text}</p>
      <div className="flex gap-2">
        <Button onClick={() => void copyText(text).then(setCopied)}>{isCopied ? 'Copied' : 'Copy'}</Button>
        <Button tone="quiet" onClick={onDone}>
          Done
        </Button>
      </div>
    </Notice>
  );
};

const CreateKey = ({ onMade }: { onMade: (text: string) => void }) => {
  const { client, identity } = useHearth();
  const [name, setName] = useState('');
  const [granted, setGranted] = useState<ReadonlySet<Permission>>(new Set());
  const [days, setDays] = useState('');
  const [offRecord, setOffRecord] = useState(false);
  const { isBusy, problem, run } = useDeed();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      const expires_at = days === '' ? null : new Date(Date.now() + Number(days) * 86_400_000).toISOString();
      const permissions = Object.fromEntries([...granted].map((one) => [one, true]));
      const made = await client.apiKeys.create({ name: name.trim(), permissions, expires_at, off_record: offRecord });
      setName('');
      setGranted(new Set());
      setOffRecord(false);
      onMade(made.key);
    });
  };
  const toggle = (one: Permission): void =>
    setGranted((old) => new Set(old.has(one) ? [...old].filter((other) => other !== one) : [...old, one]));
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field
        label="Name"
        value={name}
        hint="What it is for, for example “kitchen tablet”."
        error={problem}
        onChange={(event) => setName(event.target.value)}
      />
      <fieldset className="flex flex-col">
        <legend className="pb-1 text-label font-semibold text-ink-2">It may also</legend>
        {permissionWords.map((choice) => {
          const isMine = identity?.permissions[choice.name] === true;
          return (
            <SwitchRow
              key={choice.name}
              label={choice.words}
              hint={isMine ? undefined : 'Your key may not, so it cannot hand that on.'}
              checked={granted.has(choice.name)}
              disabled={!isMine}
              onChange={() => toggle(choice.name)}
            />
          );
        })}
      </fieldset>
      <SwitchRow
        label="Off the record"
        hint="Nothing from its chats is remembered, and nothing is recalled in them."
        checked={offRecord}
        onChange={setOffRecord}
      />
      <Field
        label="Days until it expires"
        inputMode="numeric"
        pattern="[0-9]*"
        placeholder="Never"
        value={days}
        onChange={(event) => setDays(event.target.value.replaceAll(/\D/g, '').slice(0, 4))}
      />
      <Button type="submit" tone="primary" busy={isBusy} disabled={name.trim() === ''} className="self-start">
        Make the key
      </Button>
    </form>
  );
};

interface KeyRowProps {
  apiKey: ApiKey;
  onRotated: (text: string) => void;
  onChanged: () => Promise<void>;
}

const stateOf = (apiKey: ApiKey): string => {
  if (!apiKey.is_active) return 'Ended';
  const expiry = apiKey.expires_at ? `, expires ${shortDate(apiKey.expires_at)}` : '';
  return `${apiKey.last_used_at ? `Last used ${shortDate(apiKey.last_used_at)}` : 'Not used yet'}${expiry}`;
};

const KeyRow = ({ apiKey, onRotated, onChanged }: KeyRowProps) => {
  const { client } = useHearth();
  const [asked, setAsked] = useState<'rotate' | 'revoke' | null>(null);
  const { isBusy, problem, run } = useDeed();
  const act = (): Promise<boolean> =>
    run(async () => {
      if (asked === 'rotate') onRotated((await client.apiKeys.rotate(apiKey.id)).new_key);
      else await client.apiKeys.revoke(apiKey.id);
      setAsked(null);
      await onChanged();
    });
  return (
    <li className="flex flex-wrap items-center gap-2 border-b border-line py-3 last:border-b-0">
      <div className="min-w-40 flex-1">
        <p className="text-list font-semibold">
          {apiKey.name} {apiKey.is_current ? <span className="font-normal text-ink-2">(this device)</span> : null}
        </p>
        <p className="text-label text-ink-2">
          <span className="font-mono">{apiKey.hint}…</span> · {stateOf(apiKey)}
          {apiKey.off_record ? ' · Off the record' : ''}
        </p>
      </div>
      {apiKey.is_active ? (
        <>
          <Button onClick={() => setAsked('rotate')}>Rotate</Button>
          <Button tone="danger" onClick={() => setAsked('revoke')}>
            Revoke
          </Button>
        </>
      ) : null}
      <Sheet
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={asked === 'rotate' ? `Rotate “${apiKey.name}”` : `Revoke “${apiKey.name}”`}
      >
        <div className="flex flex-col gap-4">
          <p className="measure text-list">
            {asked === 'rotate'
              ? 'The key gets a new text. The old one stops working at once, on every device that was signed in with it but this one.'
              : 'The key stops working at once and for good, and every device signed in with it is signed out.'}
          </p>
          <ProblemLine>{problem}</ProblemLine>
          <Button tone="danger" busy={isBusy} onClick={() => void act()}>
            {asked === 'rotate' ? 'Rotate' : 'Revoke'}
          </Button>
        </div>
      </Sheet>
    </li>
  );
};

export const KeysPage = () => {
  const { client, identity } = useHearth();
  const queries = useQueryClient();
  const [shown, setShown] = useState<string | null>(null);
  const keys = useQuery({ queryKey: keysKey, queryFn: ({ signal }) => client.apiKeys.list({ signal }) });
  const refresh = async (): Promise<void> => {
    await queries.invalidateQueries({ queryKey: keysKey });
  };
  const isAdmin = identity?.permissions.admin === true;
  return (
    <>
      {shown === null ? null : <NewKey text={shown} onDone={() => setShown(null)} />}
      <Part title="Your keys">
        {keys.isPending ? <Skeleton flush={true} rows={2} label="Loading" /> : null}
        {keys.isError ? (
          <Failed
            flush={true}
            what="The keys could not be loaded"
            detail={problemOf(keys.error)}
            onRetry={() => void keys.refetch()}
          />
        ) : null}
        {keys.data ? (
          <ul>
            {keys.data.api_keys.map((apiKey) => (
              <KeyRow key={apiKey.id} apiKey={apiKey} onRotated={setShown} onChanged={refresh} />
            ))}
          </ul>
        ) : null}
      </Part>
      <Part title="New key" hint="For another device or program. It starts with the right to chat and nothing else.">
        {isAdmin ? (
          <CreateKey
            onMade={(text) => {
              setShown(text);
              void refresh();
            }}
          />
        ) : (
          <Notice>Making keys needs a key with the permission “admin”.</Notice>
        )}
      </Part>
    </>
  );
};
