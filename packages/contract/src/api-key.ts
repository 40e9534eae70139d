/** API keys: who may call, with what power. A key's text is shown once, at creation or rotation, and never stored. */
import { z } from 'zod';
import { idSchema, timeSchema } from './common.ts';
import { permissionsSchema } from './permission.ts';

export const apiKeySchema = z
  .object({
    id: idSchema,
    name: z.string(),
    hint: z.string().describe('The first characters of the key, to tell keys apart'),
    permissions: permissionsSchema,
    created_at: timeSchema,
    last_used_at: timeSchema.nullable(),
    expires_at: timeSchema.nullable(),
    off_record: z.boolean().describe('Chats with this key recall nothing and are not remembered'),
    is_active: z.boolean(),
    is_current: z.boolean().describe('True for the key this request was made with'),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKeySchema>;

export const apiKeyListSchema = z.object({ api_keys: z.array(apiKeySchema), total: z.number().int() });

export const createApiKeySchema = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    permissions: permissionsSchema.default({}),
    expires_at: timeSchema.nullable().default(null),
    off_record: z.boolean().optional().describe('Chats with this key recall nothing and are not remembered'),
  })
  .meta({ id: 'CreateApiKey' });
export type CreateApiKey = z.infer<typeof createApiKeySchema>;

export const createdApiKeySchema = apiKeySchema
  .extend({ key: z.string().describe('The key itself; it is shown this one time') })
  .meta({ id: 'CreatedApiKey' });
export type CreatedApiKey = z.infer<typeof createdApiKeySchema>;

export const rotatedApiKeySchema = z
  .object({ new_key: z.string(), expires_at: timeSchema.nullable() })
  .meta({ id: 'RotatedApiKey' });
export type RotatedApiKey = z.infer<typeof rotatedApiKeySchema>;

export const loginSchema = z
  .strictObject({
    api_key: z.string().min(1).max(512).optional(),
    code: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('From `POST /auth/codes`; case, blanks and dashes do not matter'),
  })
  .refine(({ api_key, code }) => (api_key === undefined) !== (code === undefined), {
    message: 'give either api_key or code',
    path: ['api_key'],
  })
  .meta({ id: 'Login' });

/** Signs in one browser, once, with the power of the key it was made with. */
export const loginCodeSchema = z
  .object({ code: z.string().describe('Eight characters, shown as XXXX-XXXX'), expires_at: timeSchema })
  .meta({ id: 'LoginCode' });
export type LoginCode = z.infer<typeof loginCodeSchema>;

/** Who is calling; answers `GET /auth/me` and a login. */
export const identitySchema = z
  .object({
    owner_id: idSchema,
    owner_name: z.string(),
    key_id: idSchema,
    key_name: z.string(),
    permissions: permissionsSchema,
    expires_at: timeSchema.nullable(),
    off_record: z.boolean().describe('Chats with this key recall nothing and are not remembered'),
  })
  .meta({ id: 'Identity' });
export type Identity = z.infer<typeof identitySchema>;
