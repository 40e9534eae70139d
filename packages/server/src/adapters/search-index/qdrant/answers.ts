/** The parts of Qdrant's answers that are used. */
import { z } from 'zod';

export const Id = z.uuid();
export const Ok = z.object({ status: z.literal('ok') });
export const Counted = z.object({ result: z.object({ count: z.number() }) });
export const Listed = z.object({
  result: z.object({ points: z.array(z.object({ id: Id, payload: z.object({ embedded: z.boolean() }) })) }),
});
const Found = z.object({ points: z.array(z.object({ id: Id, score: z.number() })) });
export const FoundMany = z.object({ result: z.array(Found) });
