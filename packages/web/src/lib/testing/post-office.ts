/** A server that takes messages, each id once, and a line to it on which every request waits for its fate. */
import { ApiError, type Client } from '@hearth/client';

export type Fate =
  | { how: 'ok' }
  /** It arrived, or not, and no answer came. */
  | { how: 'lost'; arrived: boolean; status: 0 | 408 | 500 | 502 | 504 }
  | { how: 'denied'; status: number; retryAfter?: number };

interface Sent {
  id: string;
  chat: string | null;
  text: string;
  settle: (session: string) => void;
  fail: (error: ApiError) => void;
}

const errorOf = (status: number, retryAfter?: number): ApiError =>
  new ApiError({
    ...{ status, code: status === 0 ? 'NETWORK' : `HTTP_${status}`, message: `Failed with ${status}`, retryAfter },
  });

export const createPostOffice = () => {
  /** Message ids by session, in the order of arrival. */
  const sessions = new Map<string, string[]>([['s0', []]]);
  const inFlight: Sent[] = [];

  const placeOf = (id: string): string | undefined => [...sessions].find(([, ids]) => ids.includes(id))?.[0];
  const take = ({ id, chat }: Sent): string => {
    const known = placeOf(id);
    if (known !== undefined) return known;
    const session = chat ?? `s${sessions.size}`;
    sessions.set(session, [...(sessions.get(session) ?? []), id]);
    return session;
  };
  const ask = (chat: string | null, body: { prompt: string; client_message_id?: string }) =>
    new Promise((resolve, reject) => {
      const settle = (session: string): void => resolve({ session_id: session });
      inFlight.push({ id: body.client_message_id ?? '', chat, text: body.prompt, settle, fail: reject });
    });
  const client = {
    send: (body: Parameters<Client['send']>[0]) => ask(null, body),
    sessions: { send: (chat: string, body: Parameters<Client['send']>[0]) => ask(chat, body) },
  } as unknown as Pick<Client, 'send' | 'sessions'>;

  return {
    client,
    sessions,
    placeOf,
    inFlight: (): readonly string[] => inFlight.map(({ id }) => id),
    reply(which: number, fate: Fate): void {
      const [one] = inFlight.splice(which % Math.max(1, inFlight.length), 1);
      if (!one) return;
      // What the server has it answers for, whatever it thinks of the request by now.
      const refuses = fate.how === 'denied' && (fate.status !== 400 || placeOf(one.id) === undefined);
      if (refuses) one.fail(errorOf(fate.status, fate.retryAfter));
      else if (fate.how === 'lost') {
        if (fate.arrived) take(one);
        one.fail(errorOf(fate.status));
      } else one.settle(take(one));
    },
    /** The page is closed: what is under way arrives or not, and nobody hears of it. */
    abandon(arrives: boolean): void {
      for (const one of inFlight.splice(0)) if (arrives) take(one);
    },
  };
};
