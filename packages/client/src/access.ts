/** Calls about who may do what: approvals, API keys, the browser's login, and the Claude account. */
import type { Account, Approval, CreatedApiKey, Decision, Identity, LoginCode, RotatedApiKey } from '@hearth/contract';
import type {
  ApiKeyList,
  ApprovalList,
  ApprovalListQuery,
  ConnectAccountInput,
  CreateApiKeyInput,
  ToolRuleList,
} from './contract-types.ts';
import type { CallOptions } from './sessions.ts';
import type { Transport } from './transport.ts';

const path = (noun: string, id: string, action?: string): string =>
  `/api/v1/${noun}/${encodeURIComponent(id)}${action === undefined ? '' : `/${action}`}`;

export const createApprovals = ({ json }: Transport) => ({
  list: (query: ApprovalListQuery = {}, options: CallOptions = {}) =>
    json<ApprovalList>('GET', '/api/v1/approvals', { ...options, query }),
  get: (id: string, options: CallOptions = {}) => json<Approval>('GET', path('approvals', id), options),
  /** The first decision wins; repeating it is fine, another one is 409 `CONFLICT`. */
  decide: (id: string, decision: Decision, options: CallOptions = {}) =>
    json<Approval>('POST', path('approvals', id), { ...options, body: decision }),
});

/** What "always allow" has allowed. */
export const createToolRules = ({ json }: Transport) => ({
  list: (options: CallOptions = {}) => json<ToolRuleList>('GET', '/api/v1/tool-rules', options),
  revoke: (id: string, options: CallOptions = {}) => json<null>('DELETE', path('tool-rules', id), options),
});

export const createApiKeys = ({ json }: Transport) => ({
  list: (options: CallOptions = {}) => json<ApiKeyList>('GET', '/api/v1/api-keys', options),
  create: (input: CreateApiKeyInput, options: CallOptions = {}) =>
    json<CreatedApiKey>('POST', '/api/v1/api-keys', { ...options, body: input }),
  rotate: (id: string, options: CallOptions = {}) =>
    json<RotatedApiKey>('POST', path('api-keys', id, 'rotate'), { ...options, body: {} }),
  revoke: (id: string, options: CallOptions = {}) => json<null>('DELETE', path('api-keys', id), options),
});

/** Login exchanges a key or a one-time code for the browser's cookie; clients with a key need none of it but `me`. */
export const createAuth = ({ json }: Transport) => ({
  /** 401: `AUTHENTICATION_ERROR` wrong key, `KEY_EXPIRED`, `CODE_INVALID`; 429 `RATE_LIMIT_EXCEEDED`. A text is a key. */
  login: (proof: string | { api_key: string } | { code: string }, options: CallOptions = {}) =>
    json<Identity>('POST', '/api/v1/auth/login', {
      ...options,
      body: typeof proof === 'string' ? { api_key: proof } : proof,
    }),
  /** Signs in one more browser with the power of this one. */
  createCode: (options: CallOptions = {}) => json<LoginCode>('POST', '/api/v1/auth/codes', { ...options, body: {} }),
  logout: (options: CallOptions = {}) => json<null>('POST', '/api/v1/auth/logout', { ...options, body: {} }),
  me: (options: CallOptions = {}) => json<Identity>('GET', '/api/v1/auth/me', options),
});

export const createAccount = ({ json }: Transport) => ({
  get: (options: CallOptions = {}) => json<Account>('GET', '/api/v1/account', options),
  connect: (input: ConnectAccountInput, options: CallOptions = {}) =>
    json<Account>('PUT', '/api/v1/account', { ...options, body: input }),
  disconnect: (options: CallOptions = {}) => json<Account | null>('DELETE', '/api/v1/account', options),
});
