/** The request header `Prefer` (RFC 7240): a list of wishes, of which we grant one. */
import { z } from 'zod';

export const preferHeaderSchema = z.object({
  prefer: z.string().optional().describe('`respond-async`: answer 202 as soon as the message is stored'),
});

export const preferenceApplied = 'Preference-Applied';
export const respondAsync = 'respond-async';

export const prefersAsync = (header: string | undefined): boolean =>
  (header ?? '')
    // Quoted values may hold commas; no value matters here.
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '')
    .split(',')
    .some((wish) => wish.split(/[;=]/)[0]?.trim().toLowerCase() === respondAsync);
