import { expect, test } from 'vitest';
import { z } from 'zod';
import { instanceOf } from './schema-instance.ts';

test('what zod describes, the instance satisfies', () => {
  const schema = z.object({
    title: z.string().min(8).max(20),
    kind: z.enum(['a', 'b']),
    count: z.number().int().min(3).max(9),
    ratio: z.number().gt(0),
    step: z.number().min(5).multipleOf(4),
    when: z.iso.datetime(),
    mail: z.email(),
    tags: z.array(z.string()).min(2),
    nested: z.object({ ok: z.boolean(), either: z.union([z.literal(7), z.string()]) }),
    pair: z.tuple([z.string(), z.number()]),
    maybe: z.string().nullable(),
    optional: z.string().optional(),
  });
  const instance = instanceOf(z.toJSONSchema(schema), 'hint');
  expect(schema.safeParse(instance).error).toBeUndefined();
  expect(instance).not.toHaveProperty('optional');
});

test('references are followed, and a schema that refers to itself ends', () => {
  const schema = {
    type: 'object',
    required: ['node'],
    properties: { node: { $ref: '#/$defs/node' } },
    $defs: { node: { type: 'object', required: ['next'], properties: { next: { $ref: '#/$defs/node' } } } },
  };
  expect(instanceOf(schema, 'x')).toHaveProperty('node.next.next');
  expect(instanceOf({}, 'x')).toEqual({});
});
