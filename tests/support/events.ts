/** Following a server-sent event stream in tests: what arrived so far, waiting for more, leaving. */
import { type EventType, eventSchemas } from '@hearth/contract';
import { until } from './until.ts';

export interface SeenEvent {
  type: string;
  /** Null when the event carries no number. */
  seq: number | null;
  data: unknown;
}

export interface Follower {
  readonly status: number;
  readonly events: SeenEvent[];
  /** True once the server has closed the stream, or we have left. */
  readonly closed: boolean;
  /** Resolves with the first event of this type that fits, also one that was there already. */
  next(type: string, fits?: (data: Record<string, unknown>) => boolean, limitMs?: number): Promise<SeenEvent>;
  /** Resolves when the server closes the stream. */
  end(limitMs?: number): Promise<SeenEvent[]>;
  leave(): void;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

export const field = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);
export const text = (value: unknown, name: string): string => String(field(value, name));

const toEvent = (block: string): SeenEvent | null => {
  const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
  if (lines.length === 0) return null;
  const of = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const id = of('id');
  return { type: of('event') ?? '', seq: id === undefined ? null : Number(id), data: JSON.parse(of('data') ?? 'null') };
};

export const parseEvents = (body: string): SeenEvent[] =>
  body.split('\n\n').flatMap((block) => {
    const event = toEvent(block);
    return event === null ? [] : [event];
  });

const read = async (body: ReadableStream<Uint8Array>, take: (event: SeenEvent) => void): Promise<void> => {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    const end = rest.lastIndexOf('\n\n');
    if (end < 0) continue;
    for (const event of parseEvents(rest.slice(0, end))) take(event);
    rest = rest.slice(end + 2);
  }
};

export const follow = async (request: (signal: AbortSignal) => Promise<Response>): Promise<Follower> => {
  const gone = new AbortController();
  const response = await request(gone.signal);
  const events: SeenEvent[] = [];
  let closed = false;
  const reading = response.body === null ? Promise.resolve() : read(response.body, (event) => events.push(event));
  reading
    .catch(() => {})
    .finally(() => {
      closed = true;
    });
  return {
    status: response.status,
    events,
    get closed() {
      return closed;
    },
    next: (type, fits = () => true, limitMs = 5_000) =>
      until(
        `the event "${type}"`,
        () => events.find((event) => event.type === type && isRecord(event.data) && fits(event.data)),
        limitMs,
      ),
    async end(limitMs = 5_000) {
      await until('the end of the stream', () => closed, limitMs);
      return events;
    },
    leave: () => gone.abort(),
  };
};

const isEventType = (type: string): type is EventType => type in eventSchemas;

/** What is wrong with the events of one run, in words; empty when all is well. */
export const faultsOfRun = (events: readonly SeenEvent[]): string[] => {
  const faults: string[] = [];
  let last = 0;
  for (const { type, seq, data } of events) {
    if (!isEventType(type)) faults.push(`unknown event ${type}`);
    else {
      const parsed = eventSchemas[type].safeParse(data);
      if (!parsed.success) faults.push(`${type}: ${parsed.error.message}`);
    }
    if (seq === null) faults.push(`${type} has no id`);
    else if (seq <= last) faults.push(`${type}: id ${seq} does not rise above ${last}`);
    last = seq ?? last;
  }
  const ends = events.filter((event) => event.type === 'done').length;
  if (ends !== 1) faults.push(`${ends} times done`);
  if (events.at(-1)?.type !== 'done') faults.push(`the last event is ${events.at(-1)?.type ?? 'missing'}`);
  return faults;
};
