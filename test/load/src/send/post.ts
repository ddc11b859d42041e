import { Agent, request } from 'node:http';
import type { RequestBody } from '../plan/request-shape.ts';
import { retryAfterMs } from './resend-wait.ts';

export interface PostAnswer {
  /** 0: no answer came, so nobody knows. */
  status: number;
  retryAfterMs: number;
  body: string;
  /** It is what a Receiver answers when every in-sync replica has the request. */
  isReceipt: boolean;
}

/** A keep-alive agent for so many clients at once. */
export function clientAgent(sockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: sockets, scheduling: 'fifo' });
}

export interface PostOptions {
  agent: Agent;
  partitionKey: string;
  attempt: number;
  /** From the first byte sent to the last received. Default 30 000. */
  timeoutMs?: number;
  /** Closes the connection when the body is written, before any answer. */
  cut?: boolean;
  forwardedFor?: string;
  apiKey?: string;
}

/** Posts one request. Never rejects: a broken connection is status 0. */
export function post(baseUrl: string, sample: RequestBody, options: PostOptions): Promise<PostAnswer> {
  return new Promise((resolve) => {
    const none: PostAnswer = { status: 0, retryAfterMs: 0, body: '', isReceipt: false };
    const settle = (answer: PostAnswer): void => {
      clearTimeout(late);
      resolve(answer);
    };
    const { apiKey } = options;
    const outgoing = request(
      new URL(pathOf(sample, apiKey), baseUrl),
      {
        method: sample.method,
        agent: options.agent,
        headers: {
          ...(sample.method === 'POST' && {
            'content-type': sample.contentType,
            'content-length': sample.body.length,
          }),
          ...(sample.encoding !== undefined && { 'content-encoding': sample.encoding }),
          'x-partition-key': options.partitionKey,
          'x-attempt': String(options.attempt),
          ...(options.forwardedFor !== undefined && { 'x-forwarded-for': options.forwardedFor }),
          ...(apiKey !== undefined && !canSetNoHeader(sample) && { authorization: `Bearer ${apiKey}` }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => settle(none));
        response.on('end', () => {
          const { statusCode: status = 0, headers: answered } = response;
          const body = Buffer.concat(chunks).toString();
          settle({
            ...{ status, body, retryAfterMs: retryAfterMs(answered['retry-after'], Date.now()) },
            isReceipt: status === 200 && isReceipt(sample, answered['content-type'], body),
          });
        });
      },
    );
    // Not the socket's own time-out: that begins anew with each byte, and an answer may trickle for ever.
    const late = setTimeout(() => outgoing.destroy(), options.timeoutMs ?? 30_000);
    outgoing.on('error', () => settle(none));
    outgoing.end(sample.body, () => {
      // Written to the socket; some turns later it is on its way, the answer is not here yet.
      if (options.cut) setImmediate(() => outgoing.destroy(new Error('cut before the answer')));
    });
  });
}

/**
 * Whether a 200 is of a Receiver, as its OpenAPI describes it. The login page of a network, or a server that
 * listens there by mistake, answers 200 as well, and has stored nothing.
 */
function isReceipt({ method }: RequestBody, contentType: string | undefined, body: string): boolean {
  if (method === 'GET') return contentType === 'image/gif' && body.startsWith('GIF89a');
  try {
    const said = Object(JSON.parse(body)) as { request_id?: unknown; bytes?: unknown };
    return typeof said.request_id === 'string' && typeof said.bytes === 'number';
  } catch {
    return false;
  }
}

/** A pixel and a beacon. They have their API key in the URL. */
function canSetNoHeader({ method, path }: RequestBody): boolean {
  return method === 'GET' || path === '/v4/beacon';
}

function pathOf(sample: RequestBody, apiKey: string | undefined): string {
  const { path } = sample;
  if (apiKey === undefined || !canSetNoHeader(sample)) return path;
  return `${path}${path.includes('?') ? '&' : '?'}api_key=${encodeURIComponent(apiKey)}`;
}
