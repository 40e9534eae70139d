/**
 * `hearth chat` around `runChat`: finds the server and a key for it. The key comes from HEARTH_API_KEY, else from the
 * database of the server on this machine, else from the person.
 */
import { createClient } from '@hearth/client';
import { type Config, loadConfig, readCliEnv } from '../config.ts';
import { askSecret } from './ask-secret.ts';
import { runChat } from './chat.ts';
import { CliError, describeFailure } from './failure.ts';
import { localUrl } from './instance.ts';
import { isOwnServer, makeTerminalKey, type TerminalKey } from './terminal-key.ts';

export interface ChatCommandOptions {
  question?: string;
  url?: string;
  session?: string;
  yes?: boolean;
  color?: boolean;
}

export interface ChatCommandDeps {
  config?: Config;
  apiKey?: string | null;
  input?: NodeJS.ReadableStream & { isTTY?: boolean };
  output?: NodeJS.WritableStream & { isTTY?: boolean };
  errorOutput?: NodeJS.WritableStream;
}

const answerLimitMs = 5_000;

const parseUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text.replace(/\/+$/, '');
  throw new CliError(`"${text}" is not the address of a server.`, 'Give one like --url http://127.0.0.1:54000');
};

const isHealth = (value: unknown): boolean => typeof value === 'object' && value !== null && 'services' in value;

/** Says who is missing before a key is made or asked for. */
const requireServer = async (url: string, isDefault: boolean): Promise<void> => {
  let answer: Response;
  try {
    answer = await fetch(`${url}/api/v1/health`, { signal: AbortSignal.timeout(answerLimitMs), redirect: 'error' });
  } catch (error) {
    const fix = isDefault
      ? 'Start it in another terminal: npx hearth start'
      : 'Check the address, and that Hearth runs there.';
    throw new CliError(`No Hearth answers at ${url}.`, fix, error);
  }
  if (isHealth(await answer.json().catch(() => undefined))) return;
  throw new CliError(
    `Something else than Hearth answers at ${url}.`,
    'Check HEARTH_PORT, or give the address with --url.',
  );
};

type Access = { apiKey: string; end: () => Promise<void> };

const localKey = (config: Config, url: string, tell: (text: string) => void): Promise<TerminalKey | null> => {
  const unavailable = (error: unknown): null => {
    tell(`No key could be made in the database of this machine. ${describeFailure(error)}\n`);
    return null;
  };
  try {
    return isOwnServer(config, url) ? makeTerminalKey(config).catch(unavailable) : Promise.resolve(null);
  } catch (error) {
    return Promise.resolve(unavailable(error));
  }
};

const findAccess = async (deps: Required<ChatCommandDeps>, url: string, isTty: boolean): Promise<Access> => {
  const { apiKey, config, input, output, errorOutput } = deps;
  if (apiKey !== null) return { apiKey, end: async () => {} };
  const key = await localKey(config, url, (text) => void errorOutput.write(text));
  if (key !== null) return { apiKey: key.text, end: key.end };
  const pasted = isTty ? await askSecret({ input, output }, 'Paste an API key (it is not shown): ') : '';
  if (pasted !== '') return { apiKey: pasted, end: async () => {} };
  throw new CliError(
    `Hearth at ${url} wants an API key.`,
    'Make one on its machine with "hearth keys create", and set it as HEARTH_API_KEY.',
  );
};

/** Stays deaf to nothing: the key must be ended however the chat ends. Resolves when a signal asks to leave. */
const createLeave = (isTty: boolean) => {
  const aborter = new AbortController();
  const left = Promise.withResolvers<number>();
  const codes = { SIGINT: 130, SIGHUP: 129, SIGTERM: 143 } as const;
  const stops = Object.entries(codes).map(([signal, code]) => {
    const stop = (): void => {
      aborter.abort();
      // Without a person, a first Ctrl+C stops the run and lets the answer end by itself.
      if (isTty || signal !== 'SIGINT') left.resolve(code);
    };
    process.on(signal, stop);
    return () => void process.off(signal, stop);
  });
  return { signal: aborter.signal, left: left.promise, dispose: () => stops.forEach((stop) => void stop()) };
};

/** Resolves to the exit code. */
export const runChatCommand = async (options: ChatCommandOptions, given: ChatCommandDeps = {}): Promise<number> => {
  const deps: Required<ChatCommandDeps> = {
    config: given.config ?? loadConfig(),
    apiKey: given.apiKey === undefined ? readCliEnv().apiKey : given.apiKey,
    input: given.input ?? process.stdin,
    output: given.output ?? process.stdout,
    errorOutput: given.errorOutput ?? process.stderr,
  };
  const { input, output, errorOutput } = deps;
  const isTty = input.isTTY === true && output.isTTY === true;
  const url = options.url === undefined ? localUrl(deps.config.server) : parseUrl(options.url);
  await requireServer(url, options.url === undefined);
  const leave = createLeave(isTty);
  try {
    const access = await findAccess(deps, url, isTty);
    try {
      const client = createClient({ baseUrl: url, apiKey: access.apiKey });
      const color = options.color === false ? false : undefined;
      const { question, session, yes } = options;
      const chat = runChat({
        ...{ client, input, output, isTty, question, session, yes, color, signal: leave.signal },
        ...(isTty ? {} : { errorOutput }),
      });
      return await Promise.race([chat, leave.left]);
    } finally {
      await access.end().catch((error: unknown) => {
        errorOutput.write(`The key of this chat could not be ended; it ends by itself in 12 hours.\n`);
        errorOutput.write(`${describeFailure(error)}\n`);
      });
    }
  } finally {
    leave.dispose();
  }
};
