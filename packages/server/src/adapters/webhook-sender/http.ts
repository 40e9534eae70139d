/** Webhooks over Node's own client: the look-up of the name is ours, so what was checked is what is connected to. */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { AppError } from '../../kernel/errors.ts';
import { checkPublicUrl, isPublicAddress } from '../../kernel/public-url.ts';
import type { WebhookRequest, WebhookSender } from '../../ports/webhook-sender.ts';

const largestAnswer = 64 * 1024;

const failed = (message: string, cause?: unknown): AppError => new AppError('SERVICE_UNAVAILABLE', message, { cause });

const targetOf = (url: URL): string => `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`;

/** As `dns.lookup`, but a name with any private address has none. */
const publicLookup: NonNullable<RequestOptions['lookup']> = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    const [first] = found;
    if (!first || found.some(({ address }) => !isPublicAddress(address)))
      return callback(new Error('the name leads into a private network'), '', 0);
    return options.all ? callback(null, found) : callback(null, first.address, first.family);
  });
};

const readAnswer = async (response: IncomingMessage): Promise<unknown> => {
  const { statusCode = 0 } = response;
  if (statusCode < 200 || statusCode > 299) throw failed(`The webhook answered with status ${statusCode}.`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const part = Buffer.from(chunk);
    size += part.length;
    if (size > largestAnswer) throw failed('The answer of the webhook is too large.');
    chunks.push(part);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return text.trim() === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw failed('The answer of the webhook is not JSON.', cause);
  }
};

export interface HttpWebhookDeps {
  /** `host:port` of private targets the operator allows, exactly as written in URLs. */
  allowedTargets: readonly string[];
}

export const createHttpWebhookSender = ({ allowedTargets }: HttpWebhookDeps): WebhookSender => {
  const isAllowed = (url: string): boolean => URL.canParse(url) && allowedTargets.includes(targetOf(new URL(url)));

  const problemWith = (url: string): string | null => {
    if (!isAllowed(url)) return checkPublicUrl(url);
    return /^https?:$/.test(new URL(url).protocol) ? null : 'must be http or https';
  };

  const post = ({ url, headers, body }: WebhookRequest, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const target = new URL(url);
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const isName = isIP(target.hostname.replace(/^\[|\]$/g, '')) === 0;
      const lookup = isName && !isAllowed(url) ? { lookup: publicLookup } : {};
      const text = JSON.stringify(body);
      const options = {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) },
        signal,
        agent: false as const,
        ...lookup,
      };
      send(target, options, resolve).on('error', reject).end(text);
    });

  return {
    problemWith,
    async send(request) {
      const problem = problemWith(request.url);
      if (problem !== null) throw failed(`The webhook ${problem}.`);
      try {
        return await readAnswer(await post(request, AbortSignal.timeout(request.timeoutMs)));
      } catch (error) {
        throw error instanceof AppError ? error : failed('The webhook cannot be reached.', error);
      }
    },
  };
};
