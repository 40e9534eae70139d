'use client';
/** Enter once, stay signed in: an API key, or a one-time code from a device that is signed in already. */
import { type ApiError, isApiError } from '@hearth/client';
import { type FormEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { client } from '../../lib/hearth.ts';
import { useSession } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';

export type Way = 'key' | 'code';

export interface Problem {
  /** At the field, or about the server as a whole. */
  at: 'field' | 'server';
  text: string;
  /** Wall clock when trying again makes sense. */
  retryAt?: number;
}

const problemIn = (error: ApiError, way: Way): Problem => {
  const noun = way === 'key' ? 'key' : 'code';
  if (error.status === 429) {
    const seconds = Math.ceil(error.retryAfter ?? 60);
    return { at: 'field', text: 'Too many tries.', retryAt: Date.now() + seconds * 1_000 };
  }
  if (error.code === 'KEY_EXPIRED')
    return { at: 'field', text: 'This key has expired. Make a new one on the server: npx hearth keys create' };
  if (error.code === 'CODE_INVALID')
    return { at: 'field', text: 'This code is wrong, used or older than five minutes. Make a new one.' };
  if (error.status === 401)
    return { at: 'field', text: `The server does not know this ${noun}. Look for missing letters.` };
  if (error.status === 422) return { at: 'field', text: error.message };
  return { at: 'server', text: error.status === 0 ? "Can't reach the server." : error.message };
};

/** A link or QR code carries the code behind `#`, which no server ever sees; nothing is sent before a tap. */
const codeInAddress = (): string => {
  const code = new URLSearchParams(window.location.hash.slice(1)).get('code') ?? '';
  if (code !== '')
    window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  return code.slice(0, 20);
};

const useCountdown = (until: number | undefined): number => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (until === undefined) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [until]);
  return until === undefined ? 0 : Math.max(0, Math.ceil((until - now) / 1_000));
};

const useLogin = (way: Way, input: RefObject<HTMLInputElement | null>) => {
  const { signedIn } = useSession();
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (text: string): Promise<void> => {
    setBusy(true);
    setProblem(null);
    try {
      signedIn(await client.auth.login(way === 'key' ? { api_key: text } : { code: text }));
    } catch (error) {
      const found: Problem = isApiError(error)
        ? problemIn(error, way)
        : { at: 'server', text: error instanceof Error ? error.message : 'Something went wrong.' };
      setProblem(found);
      if (found.at === 'field') input.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  return { problem, isBusy, submit, forget: () => setProblem(null) };
};

const FirstRun = () => (
  <details className="text-label text-ink-2">
    <summary className="font-semibold leading-[44px]">Where do I find my key?</summary>
    <ol className="flex list-decimal flex-col gap-1 pl-5">
      <li>The server printed it when it first started.</li>
      <li>
        Lost it? On the server: <code className="font-mono">npx hearth keys create phone</code>
      </li>
      <li>Signed in elsewhere? There: Settings, Account, Sign in another device.</li>
    </ol>
  </details>
);

const Mark = () => (
  <svg viewBox="0 0 64 64" aria-hidden="true" className="size-12">
    <rect width="64" height="64" rx="14" fill="#17474d" />
    <path d="M32 8v48" stroke="#8fc4c6" strokeWidth="4" strokeLinecap="round" />
    <path d="M32 20 44 32 32 44 20 32Z" fill="#f0b145" />
  </svg>
);

interface LoginViewProps {
  way: Way;
  onWay: (way: Way) => void;
  text: string;
  onText: (text: string) => void;
  problem: Problem | null;
  isBusy: boolean;
  onSubmit: (text: string) => void;
  host: string;
  inputRef?: RefObject<HTMLInputElement | null>;
}

export const LoginView = ({ way, onWay, text, onText, problem, isBusy, onSubmit, host, inputRef }: LoginViewProps) => {
  const wait = useCountdown(problem?.retryAt);
  const fieldError = problem?.at === 'field' ? `${problem.text}${wait > 0 ? ` Try again in ${wait} s.` : ''}` : null;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== '' && wait === 0) onSubmit(text.trim());
  };
  return (
    <main className="mx-auto flex min-h-full max-w-[400px] flex-col justify-center gap-6 px-4 py-[calc(24px+var(--safe-top))]">
      <div className="flex flex-col gap-3">
        <Mark />
        <h1 className="font-display text-display font-bold">Sign in to Hearth</h1>
        <p className="min-h-6 text-list text-ink-2">{host}</p>
      </div>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field
          key={way}
          inputRef={inputRef}
          label={way === 'key' ? 'API key' : 'One-time code'}
          name={way === 'key' ? 'api_key' : 'code'}
          type={way === 'key' ? 'password' : 'text'}
          autoComplete={way === 'key' ? 'current-password' : 'one-time-code'}
          autoCapitalize="off"
          spellCheck={false}
          value={text}
          error={fieldError}
          onChange={(event) => onText(event.target.value)}
        />
        <Button type="submit" tone="primary" busy={isBusy} disabled={wait > 0}>
          Sign in
        </Button>
        {problem?.at === 'server' ? (
          <p role="alert" className="text-label text-danger">
            {problem.text} What you entered is kept; try again when it is back.
          </p>
        ) : null}
        <Button tone="quiet" onClick={() => onWay(way === 'key' ? 'code' : 'key')}>
          {way === 'key' ? 'Use a one-time code instead' : 'Use an API key instead'}
        </Button>
      </form>
      <FirstRun />
    </main>
  );
};

export const LoginScreen = () => {
  const [way, setWay] = useState<Way>('key');
  const [texts, setTexts] = useState({ key: '', code: '' });
  const [host, setHost] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const { problem, isBusy, submit, forget } = useLogin(way, input);
  useEffect(() => {
    setHost(window.location.host);
    const code = codeInAddress();
    if (code === '') return;
    setWay('code');
    setTexts((old) => ({ ...old, code }));
  }, []);
  return (
    <LoginView
      way={way}
      onWay={(next) => {
        forget();
        setWay(next);
      }}
      text={texts[way]}
      onText={(text) => setTexts({ ...texts, [way]: text })}
      problem={problem}
      isBusy={isBusy}
      onSubmit={(text) => void submit(text)}
      host={host}
      inputRef={input}
    />
  );
};
