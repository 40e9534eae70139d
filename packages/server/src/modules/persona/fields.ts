/** The fields of a persona as they are stored, in the file and in the database. */
import { type DraftPersona, draftPersonaSchema, personaSchema } from '@hearth/contract';
import { z } from 'zod';
import { canonicalJson, tryParseJson } from '../../kernel/json.ts';

export const personaFieldsSchema = personaSchema.omit({
  is_default: true,
  problem: true,
  version: true,
  created_at: true,
  updated_at: true,
});
export type PersonaFields = z.infer<typeof personaFieldsSchema>;

/** The seed's defaults, except that the assistant is called what the product is called. */
export const defaultPersona: PersonaFields = Object.freeze({
  name: 'Hearth',
  personality: null,
  communication_style: null,
  expertise_areas: [],
  proactivity: 'medium',
  verbosity: 'balanced',
  formality: 'balanced',
  use_emoji: false,
  custom_instructions: null,
});

const blankIsUnset = (text: string | null): string | null => (text === null || text.trim() === '' ? null : text);

export const withChanges = (fields: PersonaFields, changes: DraftPersona): PersonaFields => {
  const set = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const next = { ...fields, ...set };
  return {
    ...next,
    personality: blankIsUnset(next.personality),
    communication_style: blankIsUnset(next.communication_style),
    custom_instructions: blankIsUnset(next.custom_instructions),
  };
};

export const sameFields = (a: PersonaFields, b: PersonaFields): boolean => canonicalJson(a) === canonicalJson(b);

/** Text that a person may have written by hand. `problem` is a sentence for them. */
export const readFields = (text: string): { fields: PersonaFields } | { problem: string } => {
  // Some editors begin a file with a mark of its byte order.
  const json = tryParseJson(z.unknown(), text.replace(/^\uFEFF/, ''));
  if (json === undefined) return { problem: 'persona.json is not valid JSON.' };
  const parsed = draftPersonaSchema.safeParse(json);
  if (parsed.success) return { fields: withChanges(defaultPersona, parsed.data) };
  const [issue] = parsed.error.issues;
  const where = issue && issue.path.length > 0 ? ` (${issue.path.join('.')})` : '';
  return { problem: `persona.json does not fit${where}: ${issue?.message ?? 'a field is wrong'}.`.slice(0, 300) };
};

export const writeFields = (fields: PersonaFields): string => `${JSON.stringify(fields, null, 2)}\n`;
