/** The live OpenAPI document as the route tests read it: one entry per route and method, and validators for its schemas. */
import { z } from 'zod';
import type { Harness } from '../harness.ts';

const mediaShape = z.record(z.string(), z.looseObject({ schema: z.unknown() }));
const operationShape = z.looseObject({
  'x-access': z.string(),
  'x-rate-limit': z.string().optional(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string() })).default([]),
  requestBody: z.looseObject({ content: mediaShape }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: mediaShape.optional() })),
});
const documentShape = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});

export interface Operation {
  /** `POST /api/v1/sessions/{id}/fork` */
  name: string;
  method: string;
  path: string;
  access: string;
  limit: string | null;
  hasBody: boolean;
  hasIds: boolean;
  statuses: number[];
}

export interface RouteDocument {
  operations: Operation[];
  /** Null when the document names no schema for this answer; otherwise what is wrong with `value`, '' for nothing. */
  faultOf(operation: Operation, status: number, mediaType: string, value: unknown): string | null;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** References into the components, and no field that the document does not name. */
const closed = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [
    key,
    key === '$ref' ? String(value).replace('#/components/schemas/', '#/$defs/') : closed(value),
  ]);
  const isOpen = isObject(schema.properties) && schema.additionalProperties === undefined;
  return { ...Object.fromEntries(entries), ...(isOpen ? { additionalProperties: false } : {}) };
};

const definitionsShape = z.record(z.string(), z.looseObject({}));

export const readDocument = async (harness: Harness): Promise<RouteDocument> => {
  const document = documentShape.parse(await (await harness.fetch('/api/v1/openapi.json')).json());
  const definitions = definitionsShape.parse(closed(document.components.schemas));
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase(),
      path,
      access: operation['x-access'],
      limit: operation['x-rate-limit'] ?? null,
      hasBody: operation.requestBody !== undefined,
      hasIds: path.includes('{'),
      statuses: Object.keys(operation.responses).map(Number),
    })),
  );
  return {
    operations,
    faultOf({ path, method }, status, mediaType, value) {
      const media = document.paths[path]?.[method.toLowerCase()]?.responses[String(status)]?.content?.[mediaType];
      if (media === undefined) return null;
      const parsed = z
        .fromJSONSchema({ ...z.looseObject({}).parse(closed(media.schema)), $defs: definitions })
        .safeParse(value);
      return parsed.success ? '' : z.prettifyError(parsed.error);
    },
  };
};
