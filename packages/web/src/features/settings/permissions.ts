/** What a key may do beyond chatting, in words. */
import type { Permission } from '@hearth/contract';

export const permissionWords: readonly { name: Permission; words: string }[] = [
  { name: 'shell', words: 'Run commands on the server' },
  { name: 'host:read', words: 'Read the host’s notes, logs and inventory' },
  { name: 'device:execute', words: 'Act on devices' },
  { name: 'logs:read', words: 'Read device logs' },
  { name: 'cron:manage', words: 'Manage schedules' },
  { name: 'heartbeat:trigger', words: 'Trigger the heartbeat' },
  { name: 'admin', words: 'Manage keys and the account' },
];
