/**
 * Outbound webhooks: one POST of JSON, one JSON answer. Only public addresses and the targets the operator named are
 * reached; the address is checked when it is connected to, and redirects are not followed. Bodies and time are bounded.
 * Rules: cases 31-36 of the security requirements.
 */
import type { JsonObject } from '@hearth/contract';

export interface WebhookRequest {
  url: string;
  headers: Record<string, string>;
  timeoutMs: number;
  body: JsonObject;
}

export interface WebhookSender {
  /** Resolves to the parsed answer of a 2xx; rejects with SERVICE_UNAVAILABLE, in words, for everything else. */
  send(request: WebhookRequest): Promise<unknown>;
  /** Null when the URL may be used, otherwise why not. */
  problemWith(url: string): string | null;
}
