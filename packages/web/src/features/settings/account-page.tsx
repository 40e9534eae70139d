'use client';
import type { LoginCode } from '@hearth/contract';
import { useEffect, useState } from 'react';
import { useDeed } from '../../lib/use-deed.ts';
import { useHearth, useSession } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Notice } from '../../ui/notice.tsx';
import { Part, ProblemLine } from './part.tsx';
import { permissionWords } from './permissions.ts';
import { QrCode } from './qr-code.tsx';

const useLeft = (until: string | null): number => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return until === null ? 0 : Math.max(0, Math.ceil((Date.parse(until) - now) / 1_000));
};

const Pairing = () => {
  const { client } = useHearth();
  const [code, setCode] = useState<LoginCode | null>(null);
  const { isBusy, problem, run } = useDeed();
  const left = useLeft(code?.expires_at ?? null);
  const make = (): Promise<boolean> => run(async () => setCode(await client.auth.createCode()));
  if (!code || left === 0) {
    return (
      <>
        {code ? <p className="text-list text-ink-2">The code has run out.</p> : null}
        <Button busy={isBusy} onClick={() => void make()} className="self-start">
          {code ? 'Make a new code' : 'Make a one-time code'}
        </Button>
        <ProblemLine>{problem}</ProblemLine>
      </>
    );
  }
  return (
    <div className="flex flex-wrap items-center gap-6">
      <QrCode text={`${window.location.origin}/login#code=${code.code}`} />
      <div className="flex flex-col gap-1">
        <p className="font-mono text-display font-semibold tracking-wide">{code.code}</p>
        <p className="text-label text-ink-2">
          Works once, for{' '}
          <span className="tabular-nums">
            {Math.floor(left / 60)}:{String(left % 60).padStart(2, '0')}
          </span>{' '}
          more.
        </p>
        <p className="measure text-label text-ink-2">
          Scan it, or open this server on the other device and choose “Use a one-time code”.
        </p>
      </div>
    </div>
  );
};

const SignOut = () => {
  const { signOut } = useSession();
  const { isBusy, problem, run } = useDeed();
  return (
    <>
      <Button tone="danger" busy={isBusy} className="self-start" onClick={() => void run(signOut)}>
        Sign out
      </Button>
      <ProblemLine>{problem}</ProblemLine>
    </>
  );
};

export const AccountPage = () => {
  const { identity } = useHearth();
  return (
    <>
      {identity ? (
        <Part title={identity.owner_name} hint={`Signed in with the key “${identity.key_name}”.`}>
          <ul className="flex flex-col">
            {permissionWords.map(({ name, words }) => {
              const has = identity.permissions[name] === true;
              return (
                <li
                  key={name}
                  className="flex min-h-10 items-center justify-between gap-4 border-b border-line text-list last:border-b-0"
                >
                  <span>{words}</span>
                  <span className={has ? 'text-ok' : 'text-ink-3'}>{has ? 'Yes' : 'No'}</span>
                </li>
              );
            })}
          </ul>
        </Part>
      ) : (
        <Notice>Not connected: who you are is known when the server answers.</Notice>
      )}
      <Part
        title="Sign in another device"
        hint="It gets the same key, and loses it when you revoke or rotate that key."
      >
        <Pairing />
      </Part>
      <Part title="Sign out" hint="Chats, drafts and unsent messages kept in this browser are removed.">
        <SignOut />
      </Part>
    </>
  );
};
