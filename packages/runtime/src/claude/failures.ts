/**
 * From what the `claude` process reports to why a turn ended, in words a person understands. The SDK's texts are not
 * passed on: they name files and internals.
 */
import type { SDKResultMessage } from '@anthropic-ai/claude-agent-sdk';
import type { FailureCode, TurnOutcome } from '../provider.ts';

const failed = (code: FailureCode, message: string, retryAfter: number | null = null): TurnOutcome => ({
  kind: 'failed',
  code,
  message,
  retryAfter,
});

const byStatus = (status: number | null): TurnOutcome => {
  if (status === 401 || status === 403)
    return failed('MODEL_AUTHENTICATION', 'Claude does not accept the credential. Connect the account again.');
  if (status === 429)
    return failed('MODEL_RATE_LIMITED', 'Claude is limiting this account right now. Try again in a minute.', 60);
  if (status === 529) return failed('MODEL_OVERLOADED', 'Claude is overloaded right now. Try again in a minute.', 60);
  if (status === 404) return failed('MODEL_REFUSED', 'Claude does not know this model. Choose another one.');
  if (status === 413) return failed('MODEL_REFUSED', 'The conversation is too large for the model.');
  if (status !== null && status >= 400 && status < 500)
    return failed('MODEL_REFUSED', `Claude refused the request (status ${status}).`);
  return failed('MODEL_UNAVAILABLE', 'Claude cannot be reached right now. Your message is kept; try again.', 30);
};

export const outcomeOf = (result: SDKResultMessage, interruptRequested: boolean): TurnOutcome => {
  const reason = result.terminal_reason;
  if (reason === 'tool_deferred') return { kind: 'parked' };
  if (interruptRequested || reason === 'aborted_streaming' || reason === 'aborted_tools')
    return { kind: 'interrupted' };
  if (result.subtype === 'error_max_turns' || reason === 'max_turns') return { kind: 'max_turns' };
  if (result.subtype === 'error_max_budget_usd' || reason === 'budget_exhausted') return { kind: 'budget' };
  if (reason === 'prompt_too_long') return failed('MODEL_REFUSED', 'The conversation is too large for the model.');
  if (result.subtype === 'success' && result.is_error) return byStatus(result.api_error_status ?? null);
  if (result.subtype === 'success') return { kind: 'completed' };
  if (result.subtype === 'error_max_structured_output_retries')
    return failed('MODEL_REFUSED', 'The model did not produce the requested JSON.');
  return failed('INTERNAL_ERROR', 'The run ended with an error inside the agent.');
};
