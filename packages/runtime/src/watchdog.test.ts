import { describe, expect, it } from 'vitest';
import { createManualTimers } from './fixtures.ts';
import { createWatchdog } from './watchdog.ts';

const setup = () => {
  const timers = createManualTimers();
  let silences = 0;
  const watchdog = createWatchdog({
    timers,
    silenceMs: 100,
    toolMs: 1_000,
    onSilence: () => {
      silences += 1;
    },
  });
  return { timers, watchdog, silences: () => silences };
};

describe('the watchdog', () => {
  it('barks after silence, and not before', () => {
    const { timers, silences } = setup();
    timers.advance(99);
    expect(silences()).toBe(0);
    timers.advance(1);
    expect(silences()).toBe(1);
  });

  it('starts anew with everything it hears', () => {
    const { timers, watchdog, silences } = setup();
    for (let i = 0; i < 20; i += 1) {
      timers.advance(60);
      watchdog.heard();
    }
    expect(silences()).toBe(0);
  });

  it('gives a tool at work its own, longer limit', () => {
    const { timers, watchdog, silences } = setup();
    watchdog.toolStarted();
    timers.advance(900);
    expect(silences()).toBe(0);
    watchdog.toolEnded();
    timers.advance(100);
    expect(silences()).toBe(1);
  });

  it('never barks while a person is deciding', () => {
    const { timers, watchdog, silences } = setup();
    watchdog.pause();
    timers.advance(1_000_000);
    expect(silences()).toBe(0);
    watchdog.resume();
    timers.advance(99);
    expect(silences()).toBe(0);
    timers.advance(1);
    expect(silences()).toBe(1);
  });

  it('is quiet after it was stopped', () => {
    const { timers, watchdog, silences } = setup();
    watchdog.stop();
    timers.advance(1_000);
    expect(silences()).toBe(0);
  });
});
