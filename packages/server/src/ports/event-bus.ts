/**
 * Live events, numbered per owner, and small commands between replicas.
 *
 * Per owner the order of `publish` calls is the order of `seq` and the order of delivery. A number is used for one event
 * only, whatever crashes; numbers may have gaps. A listener that throws harms nobody. The bus keeps a bounded ring of
 * the newest events; what must last is stored in SQL by whoever publishes.
 */
import type { HearthEvent, JsonObject, NumberedEvent } from '@hearth/contract';

export type EventListener = (event: NumberedEvent) => void;
export type CommandHandler = (payload: JsonObject) => void;

export interface EventBus {
  /**
   * Numbers and delivers one event. In process this completes at once (returns the event, not a promise) whenever
   * numbers are reserved; an owner with a subscriber normally has some. Rejects with SERVICE_UNAVAILABLE only when
   * numbers run out and the database cannot reserve more; the event then has no number and reaches nobody.
   */
  publish(ownerId: string, event: HearthEvent): NumberedEvent | Promise<NumberedEvent>;
  /** Delivers every event published after it resolves. The returned function ends it and may be called twice. */
  subscribe(ownerId: string, listener: EventListener): Promise<() => void>;
  /** Events after `after`, oldest first, or 'too_old' when the ring no longer reaches back that far. */
  recent(ownerId: string, after: number): Promise<NumberedEvent[] | 'too_old'>;
  /** The highest number that may have been delivered; every later event has a higher one. */
  lastSeq(ownerId: string): Promise<number>;
  /** Resolves to the number of receivers: handlers in process, replicas over the network. */
  send(channel: string, payload: JsonObject): Promise<number>;
  listen(channel: string, handler: CommandHandler): Promise<() => void>;
  /** Rejects when the backend is away; the bus itself goes on working in this process. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Reserves `count` numbers for an owner: `from … from + count - 1`, never given to anyone before. It must be durable
 * before it resolves, so that a number handed out before a crash is not handed out again.
 */
export type ReserveNumbers = (ownerId: string, count: number) => Promise<{ from: number }>;

export type RingLimits = { events: number; bytes: number };
export const defaultRingLimits: RingLimits = { events: 5_000, bytes: 8 * 1_024 * 1_024 };
