/** Calls about the persona: how the assistant speaks in chats that begin from now on. */
import type { DraftPersona, Persona, PersonaHistory, PersonaPreview, UpdatePersona } from '@hearth/contract';
import type { CallOptions } from './sessions.ts';
import type { Transport } from './transport.ts';

const base = '/api/v1/persona';

export const createPersona = ({ json }: Transport) => ({
  get: (options: CallOptions = {}) => json<Persona>('GET', base, options),
  /** Fields that are left out stay; 409 `CONFLICT` when `if_version` is not the newest any more. */
  update: (change: UpdatePersona, options: CallOptions = {}) =>
    json<Persona>('PUT', base, { ...options, body: change }),
  /** The text that chats would begin with; nothing is saved. */
  preview: (draft: DraftPersona, options: CallOptions = {}) =>
    json<PersonaPreview>('POST', `${base}/preview`, { ...options, body: draft }),
  /** Newest first. */
  history: (options: CallOptions = {}) => json<PersonaHistory>('GET', `${base}/history`, options),
  revert: (version: number, options: CallOptions = {}) =>
    json<Persona>('POST', `${base}/revert`, { ...options, body: { version } }),
});
