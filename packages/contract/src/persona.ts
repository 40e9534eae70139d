/** How the assistant speaks. The seed's fields and defaults ("Persona Endpoints"). */
import { z } from 'zod';
import { plainTextSchema, timeSchema } from './common.ts';

const words = (max: number) => plainTextSchema.max(max).nullable();

export const personaSchema = z
  .object({
    name: z.string(),
    personality: z.string().nullable(),
    communication_style: z.string().nullable(),
    expertise_areas: z.array(z.string()),
    proactivity: z.enum(['low', 'medium', 'high']),
    verbosity: z.enum(['concise', 'balanced', 'detailed']),
    formality: z.enum(['casual', 'balanced', 'formal']),
    use_emoji: z.boolean(),
    custom_instructions: z.string().nullable(),
    is_default: z.boolean().describe('Nothing was ever set'),
    problem: z
      .string()
      .nullable()
      .describe(
        'Why persona.json cannot be used; until it is corrected, chats get the default persona, which is shown',
      ),
    version: z
      .number()
      .int()
      .describe('Rises with each change; send it back as `if_version` to overwrite nothing unseen'),
    created_at: timeSchema.nullable(),
    updated_at: timeSchema.nullable(),
  })
  .meta({ id: 'Persona' });
export type Persona = z.infer<typeof personaSchema>;

export const updatePersonaSchema = z
  .strictObject({
    name: plainTextSchema.trim().min(1).max(100),
    personality: words(2_000),
    communication_style: words(2_000),
    expertise_areas: z.array(plainTextSchema.trim().min(1).max(100)).max(50),
    proactivity: personaSchema.shape.proactivity,
    verbosity: personaSchema.shape.verbosity,
    formality: personaSchema.shape.formality,
    use_emoji: z.boolean(),
    custom_instructions: words(8_000),
    if_version: z.number().int().min(0).describe('409 when the persona has changed since'),
  })
  .partial()
  .meta({ id: 'UpdatePersona' });
export type UpdatePersona = z.infer<typeof updatePersonaSchema>;

/** What a preview is made of: fields that are left out are as they are now. */
export const draftPersonaSchema = updatePersonaSchema.omit({ if_version: true }).meta({ id: 'DraftPersona' });
export type DraftPersona = z.infer<typeof draftPersonaSchema>;

export const personaPreviewSchema = z
  .object({ text: z.string(), tokens: z.number().int().describe('Roughly what it costs in each chat') })
  .meta({ id: 'PersonaPreview' });
export type PersonaPreview = z.infer<typeof personaPreviewSchema>;

export const personaHistorySchema = z
  .object({ versions: z.array(personaSchema.omit({ is_default: true, problem: true })) })
  .meta({ id: 'PersonaHistory' });
export type PersonaHistory = z.infer<typeof personaHistorySchema>;

export const revertPersonaSchema = z.strictObject({ version: z.number().int().min(1) }).meta({ id: 'RevertPersona' });
