/** How an event travels through Redis. Its shape is checked on the way in: the Redis may be shared. */
import type { HearthEvent } from '@hearth/contract';
import { z } from 'zod';
import { tryParseJson } from '../../kernel/json.ts';

const isEvent = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string' && 'data' in value;

const payloadSchema = z.object({ id: z.string(), event: z.custom<HearthEvent>(isEvent) });

/** `id` lets the sender recognise its own event. */
export const writePayload = (id: string, event: HearthEvent): string => JSON.stringify({ id, event });

export const readPayload = (text: string): { id: string; event: HearthEvent } | undefined =>
  tryParseJson(payloadSchema, text);
