'use client';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { problemOf } from '../../lib/store/store.ts';
import { useDeed } from '../../lib/use-deed.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Failed, Notice, Skeleton } from '../../ui/notice.tsx';
import { showToast } from '../../ui/toast.tsx';
import { accountKey, useAccount } from '../account/use-account.ts';
import { Part, ProblemLine } from './part.tsx';

const sources = {
  none: 'Nothing is connected.',
  environment: 'Set by the server’s environment; it is changed there.',
  saved: 'Connected here and kept on the server.',
  claude_login: 'From a "claude" login on the server.',
};

const Connect = () => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const [text, setText] = useState('');
  const { isBusy, problem, run } = useDeed();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void run(async () => {
      queries.setQueryData(accountKey, await client.account.connect({ credential: text.trim() }));
      setText('');
      showToast({ text: 'Claude is connected' });
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field
        label="API key or token"
        type="password"
        name="credential"
        autoComplete="off"
        placeholder="sk-ant-…"
        value={text}
        error={problem}
        hint="It is tried out with one short question before it is saved."
        onChange={(event) => setText(event.target.value)}
      />
      <Button type="submit" tone="primary" busy={isBusy} disabled={text.trim().length < 20}>
        {isBusy ? 'Trying it out' : 'Connect'}
      </Button>
    </form>
  );
};

const Disconnect = () => {
  const { client } = useHearth();
  const queries = useQueryClient();
  const { isBusy, problem, run } = useDeed();
  const disconnect = async (): Promise<void> => {
    await client.account.disconnect();
    await queries.invalidateQueries({ queryKey: accountKey });
    showToast({ text: 'Claude is disconnected' });
  };
  return (
    <>
      <Button tone="danger" busy={isBusy} onClick={() => void run(disconnect)} className="self-start">
        Disconnect
      </Button>
      <ProblemLine>{problem}</ProblemLine>
    </>
  );
};

export const ClaudePage = () => {
  const account = useAccount();
  const { identity } = useHearth();
  if (account.isPending) return <Skeleton flush={true} rows={2} label="Loading" />;
  if (account.isError)
    return (
      <Failed
        flush={true}
        what="The account could not be loaded"
        detail={problemOf(account.error)}
        onRetry={() => void account.refetch()}
      />
    );
  const { label, demo, source, base_url_host, models } = account.data;
  const isAdmin = identity?.permissions.admin === true;
  return (
    <>
      <Part title={demo ? 'The demo model answers' : label} hint={sources[source]}>
        {demo ? (
          <Notice tone="attn">
            An offline stand-in with made-up answers, so that you can look around. Connect your Claude to get real ones.
          </Notice>
        ) : null}
        {base_url_host ? <p className="text-list text-ink-2">Through {base_url_host}</p> : null}
      </Part>
      {Object.keys(models).length > 0 ? (
        <Part title="Models">
          <dl>
            {Object.entries(models).map(([alias, model]) => (
              <div
                key={alias}
                className="flex min-h-11 items-center justify-between gap-4 border-b border-line text-list last:border-b-0"
              >
                <dt className="text-ink-2">{alias}</dt>
                <dd className="font-mono text-label">{model}</dd>
              </div>
            ))}
          </dl>
        </Part>
      ) : null}
      {source === 'environment' ? null : (
        <Part
          title={demo ? 'Connect Claude' : 'Use another account'}
          hint="A key (sk-ant-api…), or a subscription token that “claude setup-token” makes (sk-ant-oat…)."
        >
          {isAdmin ? <Connect /> : <Notice>Connecting needs a key with the permission “admin”.</Notice>}
        </Part>
      )}
      {source === 'saved' && isAdmin ? (
        <Part title="Disconnect" hint="The demo model answers until another account is connected.">
          <Disconnect />
        </Part>
      ) : null}
    </>
  );
};
