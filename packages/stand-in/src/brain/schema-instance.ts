/**
 * The smallest instance of a JSON schema: required properties only, the first choice everywhere. Free text is filled
 * with a hint. Invariant: ends for every schema, also one that refers to itself.
 */

type Schema = Record<string, unknown>;

const maxDepth = 12;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

const formats: Record<string, string> = {
  date: '2026-01-01',
  'date-time': '2026-01-01T12:00:00Z',
  time: '12:00:00Z',
  email: 'demo@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
};

const stringOf = (schema: Schema, hint: string): string => {
  if (typeof schema.format === 'string' && schema.format in formats) return formats[schema.format] ?? hint;
  const value = hint.padEnd(numberOf(schema.minLength) ?? 0, '.');
  return value.slice(0, numberOf(schema.maxLength) ?? value.length);
};

const atLeast = (schema: Schema): number => {
  const exclusive = numberOf(schema.exclusiveMinimum);
  const lowest = numberOf(schema.minimum) ?? (exclusive === undefined ? 0 : exclusive + 1);
  const highest = numberOf(schema.maximum) ?? Number.POSITIVE_INFINITY;
  const value = Math.min(lowest, highest);
  const step = numberOf(schema.multipleOf);
  return step === undefined ? value : Math.ceil(value / step) * step;
};

const resolved = (schema: Schema, root: Schema): Schema => {
  if (typeof schema.$ref !== 'string' || !schema.$ref.startsWith('#')) return schema;
  const target = schema.$ref
    .slice(1)
    .split('/')
    .filter((part) => part !== '')
    .reduce<unknown>((at, part) => (isSchema(at) ? at[part] : undefined), root);
  return isSchema(target) ? target : {};
};

const typeOf = (schema: Schema): string => {
  const type = Array.isArray(schema.type) ? schema.type.find((name) => name !== 'null') : schema.type;
  if (typeof type === 'string') return type;
  if (schema.properties !== undefined) return 'object';
  return schema.items === undefined ? 'string' : 'array';
};

interface Context {
  root: Schema;
  hint: string;
  depth: number;
}

const objectOf = (schema: Schema, context: Context): Record<string, unknown> => {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => typeof name === 'string') : [];
  return Object.fromEntries(required.map((name) => [name, instanceFor(properties[name], context)]));
};

const arrayOf = (schema: Schema, context: Context): unknown[] => {
  const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
  const length = Math.max(prefix.length, numberOf(schema.minItems) ?? 0);
  return Array.from({ length }, (_item, index) => instanceFor(prefix[index] ?? schema.items, context));
};

const firstChoice = (schema: Schema, context: Context): { value: unknown } | undefined => {
  if (schema.const !== undefined) return { value: schema.const };
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return { value: schema.enum[0] };
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const choices = schema[key];
    if (Array.isArray(choices) && choices.length > 0) return { value: instanceFor(choices[0], context) };
  }
  return undefined;
};

const instanceFor = (value: unknown, { root, hint, depth }: Context): unknown => {
  if (!isSchema(value) || depth > maxDepth) return hint;
  const context = { root, hint, depth: depth + 1 };
  const schema = resolved(value, root);
  const choice = firstChoice(schema, context);
  if (choice) return choice.value;
  switch (typeOf(schema)) {
    case 'object':
      return objectOf(schema, context);
    case 'array':
      return arrayOf(schema, context);
    case 'number':
    case 'integer':
      return atLeast(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringOf(schema, hint);
  }
};

export const instanceOf = (schema: Record<string, unknown>, hint: string): Record<string, unknown> => {
  const value = instanceFor(schema, { root: schema, hint, depth: 0 });
  return isSchema(value) ? value : {};
};
