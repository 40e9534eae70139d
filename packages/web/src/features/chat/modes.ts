/** How far the assistant may go without asking, in words. */
import type { PermissionMode } from '@hearth/contract';

export const modeNames: Record<PermissionMode, string> = {
  plan: 'Plan only',
  default: 'Ask first',
  acceptEdits: 'Edit freely',
  bypassPermissions: 'No questions',
};

export const modeHints: Record<PermissionMode, string> = {
  plan: 'Looks and thinks, changes nothing.',
  default: 'Reads freely, asks before it does anything.',
  acceptEdits: 'Changes files in its folder without asking; commands still ask.',
  bypassPermissions: 'Does everything without asking. Needs your key again.',
};

export const modes: readonly PermissionMode[] = ['plan', 'default', 'acceptEdits', 'bypassPermissions'];
