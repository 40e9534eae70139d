/**
 * The mode in which nothing is asked is a shell for whoever holds the browser. A browser that was left open, or a page
 * that got into it, must not be enough: it shows a key once more. Who sends a key with each request has shown it.
 */
import { hasPermission, type PermissionMode, type Permissions } from '@hearth/contract';
import { AppError } from '../../kernel/errors.ts';
import type { Audit } from '../audit/index.ts';

export interface ModeChange {
  who: { ownerId: string; keyId: string; permissions: Permissions; ip: string | null };
  /** The request came with the cookie of the web app. */
  browser: boolean;
  sessionId: string;
  /** The run that takes the mode on for itself alone, or begins its session with it. */
  runId?: string;
  /** Null for a session that is being made. */
  from: PermissionMode | null;
  to: PermissionMode;
  confirmKey: string | undefined;
}

export interface NoQuestions {
  /** Called before a mode is taken on: asks a browser for a key where one is needed, and writes down who did it. */
  check(change: ModeChange): Promise<void>;
}

export interface NoQuestionsDeps {
  audit: Pick<Audit, 'record'>;
  /** True when the text is a key of this owner that holds, and may start a shell; false answers are counted. */
  holdsShellKey: (ownerId: string, text: string, ip: string | null) => Promise<boolean>;
}

const required = (message: string, reason: 'missing' | 'wrong'): AppError =>
  new AppError('CONFIRMATION_REQUIRED', message, { details: { field: 'confirm_api_key', reason } });

export const createNoQuestions = ({ audit, holdsShellKey }: NoQuestionsDeps): NoQuestions => {
  const record = ({ who, browser, sessionId, runId }: ModeChange, action: string, code?: string): Promise<void> =>
    audit.record({
      ownerId: who.ownerId,
      keyId: who.keyId,
      ip: who.ip,
      action,
      outcome: code === undefined ? 'ok' : 'denied',
      code: code ?? null,
      origin: browser ? 'chat' : 'api',
      sessionId,
      runId: runId ?? null,
    });

  const confirm = async (change: ModeChange): Promise<void> => {
    const { who, confirmKey } = change;
    if (!hasPermission(who.permissions, 'shell'))
      throw new AppError('FORBIDDEN', 'This needs the permission "shell".', { details: { permission: 'shell' } });
    if (confirmKey === undefined)
      throw required('Give an API key that may start a shell in "confirm_api_key".', 'missing');
    if (await holdsShellKey(who.ownerId, confirmKey, who.ip)) return;
    await record(change, 'questions.off', 'CONFIRMATION_REQUIRED');
    throw required('confirm_api_key: is not an active key of yours that may start a shell', 'wrong');
  };

  return {
    async check(change) {
      const was = change.from === 'bypassPermissions';
      const willBe = change.to === 'bypassPermissions';
      // One run that asks in a session that does not is no change of the session.
      if (was === willBe || (was && change.runId !== undefined)) return;
      if (willBe && change.browser) await confirm(change);
      await record(change, willBe ? 'questions.off' : 'questions.on');
    },
  };
};
