/**
 * Permissions of an API key. The seed's four, plus `shell` (anything that can start a process on the server),
 * `host:read` (data of the whole host: notes, Claude logs, inventory) and `admin`.
 * Absent means false; only the boolean `true` grants.
 */
import { z } from 'zod';

export const permissionNames = [
  'device:execute',
  'logs:read',
  'cron:manage',
  'heartbeat:trigger',
  'shell',
  'host:read',
  'admin',
] as const;
export type Permission = (typeof permissionNames)[number];

export const permissionSchema = z.enum(permissionNames);

export const permissionsSchema = z
  .strictObject({
    'device:execute': z.boolean().optional(),
    'logs:read': z.boolean().optional(),
    'cron:manage': z.boolean().optional(),
    'heartbeat:trigger': z.boolean().optional(),
    shell: z.boolean().optional(),
    'host:read': z.boolean().optional(),
    admin: z.boolean().optional(),
  })
  .meta({ id: 'Permissions' });
export type Permissions = z.infer<typeof permissionsSchema>;

/** True only for a literal `true`: a missing or odd value never grants. */
export const hasPermission = (permissions: Permissions, name: Permission): boolean => permissions[name] === true;
