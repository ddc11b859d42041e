import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** What a page may set beside the headers that every page may. */
const allowedHeaders = [
  'authorization',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'x-attempt',
  'x-partition-key',
  'x-sent-at',
];
/** Chromium remembers a preflight no longer than this. */
const preflightSeconds = 7_200;

/**
 * Lets pages of these origins read answers, problems included: a page that cannot read a 200 sees a failure
 * and sends its events again. Before all other hooks, since those may answer.
 *
 * Nobody reads cookies here: who sends is said by a key. But browsers ask for leave to send them with each
 * beacon that needs leave at all (a JSON Blob), and throw it away without. For `*` they take no such leave.
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: origins.includes('*') ? '*' : [...origins],
    methods: ['GET', 'POST'],
    allowedHeaders,
    exposedHeaders: ['retry-after'],
    credentials: !origins.includes('*'),
    maxAge: preflightSeconds,
    strictPreflight: false,
  });
}
