/** What stands in the form, and how it differs from what the server has. Pure. */
import type { DraftPersona, Persona } from '@hearth/contract';

export interface Fields {
  name: string;
  personality: string;
  communication_style: string;
  /** As it is typed, with commas between. */
  expertise: string;
  proactivity: Persona['proactivity'];
  verbosity: Persona['verbosity'];
  formality: Persona['formality'];
  use_emoji: boolean;
  custom_instructions: string;
}

/** The form, and the version it began with. */
export interface PersonaDraft {
  version: number;
  fields: Fields;
}

type Known = Omit<Persona, 'is_default' | 'problem'>;

export const fieldsOf = (persona: Known): Fields => ({
  name: persona.name,
  personality: persona.personality ?? '',
  communication_style: persona.communication_style ?? '',
  expertise: persona.expertise_areas.join(', '),
  proactivity: persona.proactivity,
  verbosity: persona.verbosity,
  formality: persona.formality,
  use_emoji: persona.use_emoji,
  custom_instructions: persona.custom_instructions ?? '',
});

const areasOf = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((area) => area.trim())
    .filter((area) => area !== '');

const orNull = (text: string): string | null => (text.trim() === '' ? null : text);

/** As the server takes it. A name in the making is no name yet, so an empty one is left as it is. */
export const toChange = (fields: Fields): DraftPersona => ({
  ...(fields.name.trim() === '' ? {} : { name: fields.name.trim() }),
  personality: orNull(fields.personality),
  communication_style: orNull(fields.communication_style),
  expertise_areas: areasOf(fields.expertise),
  proactivity: fields.proactivity,
  verbosity: fields.verbosity,
  formality: fields.formality,
  use_emoji: fields.use_emoji,
  custom_instructions: orNull(fields.custom_instructions),
});

export const labels: Record<keyof Fields, string> = {
  name: 'Name',
  personality: 'Personality',
  communication_style: 'Way of speaking',
  expertise: 'Knows well',
  proactivity: 'Initiative',
  verbosity: 'Length',
  formality: 'Tone',
  use_emoji: 'Emoji',
  custom_instructions: 'Instructions',
};

export const choices = {
  verbosity: { concise: 'As brief as it can', balanced: 'Brief', detailed: 'Thorough' },
  formality: { casual: 'Casual', balanced: 'Warm', formal: 'Formal' },
  proactivity: { low: 'Only what was asked', medium: 'As it fits', high: 'Thinks ahead' },
} as const;

/** What stands in a field, in the words of the form. */
export const valueWords = (fields: Fields, name: keyof Fields): string => {
  if (name === 'use_emoji') return fields.use_emoji ? 'Where it fits' : 'None';
  if (name === 'verbosity') return choices.verbosity[fields.verbosity];
  if (name === 'formality') return choices.formality[fields.formality];
  if (name === 'proactivity') return choices.proactivity[fields.proactivity];
  return fields[name].trim() === '' ? 'Nothing' : fields[name];
};

const order: readonly (keyof Fields)[] = [
  'name',
  'personality',
  'communication_style',
  'expertise',
  'verbosity',
  'formality',
  'proactivity',
  'use_emoji',
  'custom_instructions',
];

const comparable = (fields: Fields, name: keyof Fields): string =>
  name === 'expertise' ? areasOf(fields.expertise).join('\n') : String(fields[name]).trim();

export const differences = (a: Fields, b: Fields): (keyof Fields)[] =>
  order.filter((name) => comparable(a, name) !== comparable(b, name));
