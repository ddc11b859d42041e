import { Agent, request } from 'node:http';
import type { RequestBody } from '../plan/request-shape.ts';
import { retryAfterMs } from './resend-wait.ts';

export interface PostAnswer {
  /** 0: no answer came, so nobody knows. */
  status: number;
  retryAfterMs: number;
  body: string;
}

/** A keep-alive agent for so many clients at once. */
export function clientAgent(sockets: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: sockets, scheduling: 'fifo' });
}

export interface PostOptions {
  agent: Agent;
  partitionKey: string;
  attempt: number;
  /** Default 30 000. */
  timeoutMs?: number;
  /** Closes the connection when the body is written, before any answer. */
  cut?: boolean;
  forwardedFor?: string;
}

/** Posts one request. Never rejects: a broken connection is status 0. */
export function post(baseUrl: string, sample: RequestBody, options: PostOptions): Promise<PostAnswer> {
  return new Promise((resolve) => {
    const none: PostAnswer = { status: 0, retryAfterMs: 0, body: '' };
    const outgoing = request(
      new URL(sample.path, baseUrl),
      {
        method: sample.method,
        agent: options.agent,
        timeout: options.timeoutMs ?? 30_000,
        headers: {
          ...(sample.method === 'POST' && {
            'content-type': sample.contentType,
            'content-length': sample.body.length,
          }),
          ...(sample.encoding !== undefined && { 'content-encoding': sample.encoding }),
          'x-partition-key': options.partitionKey,
          'x-attempt': String(options.attempt),
          ...(options.forwardedFor !== undefined && { 'x-forwarded-for': options.forwardedFor }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', () => resolve(none));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfterMs: retryAfterMs(response.headers['retry-after'], Date.now()),
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(none));
    outgoing.end(sample.body, () => {
      // Written to the socket; some turns later it is on its way, the answer is not here yet.
      if (options.cut) setImmediate(() => outgoing.destroy(new Error('cut before the answer')));
    });
  });
}
