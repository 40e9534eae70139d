'use client';
/** A message of this device that the server has not confirmed yet, with its state in words and a way out. */
import { useEffect, useState } from 'react';
import type { OutboxItem } from '../../lib/outbox.ts';
import { useHearth } from '../../shell/session.tsx';
import { Button } from '../../ui/button.tsx';

const words: Record<OutboxItem['status'], string> = {
  waiting: 'Waiting: goes out when you’re back',
  sending: 'Sending',
  unconfirmed: 'Unconfirmed: finding out whether it arrived',
  queued: 'Goes out after this answer',
  refused: 'Not sent',
  accepted: 'Sent',
};

const Countdown = ({ until }: { until: number }) => {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.min(999, Math.ceil((until - now) / 1_000));
  return seconds > 1 ? <span className="tabular-nums">, next try in {seconds} s</span> : null;
};

const useLate = (ms: number): boolean => {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return isLate;
};

const State = ({ item }: { item: OutboxItem }) => {
  // A quick server never makes anyone read "Sending".
  const isLate = useLate(400);
  if (item.status === 'accepted' || (item.status === 'sending' && !isLate)) return null;
  const isOnline = typeof navigator === 'undefined' || navigator.onLine;
  const text = item.status === 'waiting' && isOnline ? (item.problem ?? (isLate ? 'Waiting' : '')) : words[item.status];
  if (text === '') return null;
  return (
    <p
      className={item.status === 'refused' ? 'pt-1 text-label text-danger' : 'pt-1 text-label text-ink-2'}
      data-outbox={item.status}
    >
      {text}
      {item.status === 'refused' && item.problem ? `: ${item.problem}` : ''}
      {item.retryAt !== null && item.status !== 'refused' ? <Countdown until={item.retryAt} /> : null}
    </p>
  );
};

export const OutgoingMessage = ({ item }: { item: OutboxItem }) => {
  const { outbox, drafts } = useHearth();
  const takeBack = (): void => {
    const taken = outbox.discard(item.id);
    if (taken) drafts.offer(item.chat, { text: taken.text, images: taken.images });
  };
  return (
    <article data-outgoing={item.id} className="py-3">
      <h2 className="sr-only">You, on its way</h2>
      <div className="rounded-card bg-me px-4 py-3">
        {item.images.length > 0 ? <p className="text-label text-ink-2">{item.images.length} pictures</p> : null}
        <p className="measure whitespace-pre-wrap">{item.text}</p>
        <State item={item} />
        {item.status === 'refused' || item.status === 'queued' ? (
          <div className="-mb-2 flex flex-wrap gap-x-2">
            {item.status === 'refused' ? (
              <Button tone="quiet" className="-ml-3 !px-3" onClick={() => outbox.retry(item.id)}>
                Retry
              </Button>
            ) : (
              <Button tone="quiet" className="-ml-3 !px-3" onClick={() => outbox.sendNow(item.id)}>
                Send now
              </Button>
            )}
            <Button tone="quiet" className="!px-3" onClick={takeBack}>
              {item.status === 'refused' ? 'Edit' : 'Take back'}
            </Button>
            <Button tone="quiet" className="!px-3 !text-danger" onClick={() => outbox.discard(item.id)}>
              Discard
            </Button>
          </div>
        ) : null}
      </div>
    </article>
  );
};
