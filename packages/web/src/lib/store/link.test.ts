import { ApiError, type EventsOptions, type StreamItem } from '@hearth/client';
import { describe, expect, it } from 'vitest';
import { createTimers, turns } from '../testing/timers.ts';
import { createLink } from './link.ts';
import * as make from './testing/make.ts';

const start = (seq: number): StreamItem => ({ kind: 'start', seq });
type Act = StreamItem | 'connected' | 'lost' | ApiError | 'wait';
const item = (event: ReturnType<typeof make.done>): StreamItem => ({ kind: 'event', event });
const offline = new ApiError({ status: 0, code: 'NETWORK', message: 'No network' });

/** Each call of `events` plays the next script. */
const createScripted = (...scripts: Act[][]) => {
  const asked: (number | undefined)[] = [];
  const seen: string[] = [];
  const timers = createTimers();
  const events = (options: EventsOptions = {}): AsyncGenerator<StreamItem, void, void> => {
    asked.push(options.after);
    const script = scripts.shift() ?? ['wait'];
    const untilAborted = new Promise<void>((resolve) =>
      options.signal?.addEventListener('abort', () => resolve(), { once: true }),
    );
    return (async function* play() {
      for (const act of script) {
        if (act === 'connected') options.onConnection?.({ status: 'connected' });
        else if (act === 'lost')
          options.onConnection?.({ status: 'reconnecting', attempt: 1, delayMs: 700, error: offline });
        else if (act === 'wait') await untilAborted;
        else if (act instanceof ApiError) throw act;
        else yield act;
      }
    })();
  };
  const link = createLink({
    client: { events },
    ...{ now: timers.now, timer: timers.timer },
    handlers: {
      onEvents: (all) => seen.push(`events ${all.map(({ seq }) => seq).join(' ')}`),
      onLink: (state) => seen.push(state.status === 'down' ? `down: ${state.message}` : state.status),
      onOpen: (how) => seen.push(`open ${how.kind}${how.kind === 'again' ? '' : ` after ${how.since}`}`),
      onSignedOut: () => seen.push('signed out'),
    },
  });
  return { link, asked, seen, timers };
};

describe('the stream of events', () => {
  it('hands on words in bundles and everything else at once', async () => {
    const script: Act[] = [
      'connected',
      start(0),
      item(make.word(1, 'a')),
      item(make.word(2, 'b')),
      item(make.word(3, 'c')),
    ];
    const { seen, timers, link } = createScripted([...script, 'wait']);
    await turns();
    expect(seen).toEqual(['live', 'open first after 0', 'events 1']);
    timers.pass(50);
    expect(seen.at(-1)).toBe('events 2 3');
    link.stop();

    const quick = createScripted([...script, item(make.done(4)), 'wait']);
    await turns();
    expect(quick.seen.slice(2)).toEqual(['events 1', 'events 2 3 4']);
    quick.timers.pass(1_000);
    expect(quick.seen).toHaveLength(4);
    quick.link.stop();
  });

  it('tells what it has before it says that the line is down', async () => {
    const script: Act[] = [
      'connected',
      start(0),
      item(make.word(1, 'a')),
      item(make.word(2, 'b')),
      'lost',
      'connected',
      'wait',
    ];
    const { seen, link } = createScripted(script);
    await turns();
    expect(seen.slice(2)).toEqual(['events 1', 'events 2', 'down: No network', 'live', 'open again']);
    link.stop();
  });

  it('says that events may be missing when the server has thrown them away', async () => {
    const { seen, link } = createScripted([
      ...(['connected', start(3), 'lost', 'connected', { kind: 'too_old', seq: 9, oldest: 9 }] as const),
      ...(['lost', 'connected', 'wait'] as const),
    ]);
    await turns();
    const opened = ['open first after 3', 'open again', 'open missed after 9', 'open again'];
    expect(seen.filter((one) => one.startsWith('open'))).toEqual(opened);
    link.stop();
  });

  it('is open once it has said where it begins', async () => {
    const { seen, link } = createScripted(['connected', 'lost', 'connected', start(4), 'wait']);
    await turns();
    expect(seen).toEqual(['down: No network', 'live', 'open first after 4']);
    link.stop();
  });

  it('goes on from the last event when it is woken, and rests when it is told to', async () => {
    const { asked, seen, link } = createScripted(
      ['connected', start(6), item(make.done(7)), 'wait'],
      ['connected', 'wait'],
    );
    await turns();
    link.wake();
    await turns();
    expect(asked).toEqual([undefined, 7]);
    expect(seen.at(-1)).toBe('open again');
    link.rest();
    await turns();
    expect(asked).toHaveLength(2);
    link.wake();
    expect(asked).toHaveLength(3);
    link.stop();
    link.wake();
    expect(asked).toHaveLength(3);
  });

  it('ends with the login', async () => {
    const { seen, asked, timers } = createScripted([
      new ApiError({ status: 401, code: 'UNAUTHORIZED', message: 'No' }),
    ]);
    await turns();
    expect(seen).toEqual(['signed out']);
    timers.pass(60_000);
    expect(asked).toHaveLength(1);
  });

  it('is tried again after any other refusal, but not while it rests', async () => {
    const refusal = (): Act[] => [new ApiError({ status: 403, code: 'FORBIDDEN', message: 'Not you' })];
    const { seen, asked, timers, link } = createScripted(refusal(), refusal());
    await turns();
    expect(seen).toEqual(['down: Not you']);
    timers.pass(5_000);
    expect(asked).toHaveLength(2);
    await turns();
    link.rest();
    timers.pass(60_000);
    expect(asked).toHaveLength(2);
    link.stop();
  });
});
