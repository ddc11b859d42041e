import { bodyOf } from './openapi-bodies.ts';
import { problemCodes, problemContentType, problems, type ProblemCode } from './problems.ts';
import type { EventRoute } from './routes.ts';

/**
 * What OpenAPI says of a route. It describes only: nobody validates by it. `asksForKeys`: whether this
 * Receiver has a file of API keys.
 */
export function routeSchema(route: EventRoute, asksForKeys: boolean) {
  const isPixel = route.answer === 'pixel';
  return {
    operationId: route.name,
    summary: isPixel ? 'The query is one event of format 1' : `Events of format ${route.formatHint}`,
    ...(!isPixel && { body: bodyOf(route) }),
    querystring: { type: 'object', properties: { partition_key: partitionKey } },
    headers: { type: 'object', properties: isPixel ? {} : headerProperties },
    security: asksForKeys ? [{ bearer: [] }, ...(route.keyInUrl ? [{ keyInUrl: [] }] : [])] : [],
    response: { 200: isPixel ? imageAnswer : storedAnswer, ...problemAnswers(asksForKeys) },
  };
}

/** The head of the document. `asksForKeys` as for `routeSchema`. */
export const openApi = (asksForKeys: boolean) => ({
  info: {
    title: 'Penstock Receiver',
    description:
      'Every in-sync replica has a request that is answered 200. It is not read here: events that are ' +
      'not valid are found later, in `events.rejected`. Send a request again when its problem is ' +
      '`retryable`, or when there is no answer at all, after a time-out of 30 s: with the same events, ' +
      'the same ids and the same partition key, waiting longer each time, and never less than ' +
      `\`Retry-After\`. ${asksForKeys ? 'Every request needs an API key. ' : ''}In the source of ` +
      'Penstock, docs/clients.md has examples for many languages, docs/formats.md the fields of events, ' +
      'and packages/client a client for pages and Node programs.',
    version: '4',
  },
  ...(asksForKeys && { components: { securitySchemes } }),
});

const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key.' },
  keyInUrl: {
    type: 'apiKey',
    in: 'query',
    name: 'api_key',
    description: 'An API key, from clients that set no header. It is public.',
  },
} as const;

const text = { type: 'string' } as const;

const partitionKey = { ...text, description: 'As x-partition-key, for clients that set no header.' };

const headerProperties = {
  'x-partition-key': {
    ...text,
    description: 'Requests with the same key keep their order. Up to 256 bytes.',
  },
  'idempotency-key': { ...text, description: 'The key when there is no x-partition-key.' },
  'content-encoding': { ...text, enum: ['gzip', 'x-gzip', 'zstd', 'br', 'deflate', 'identity'] },
  'x-sent-at': { ...text, description: 'When it was sent: ms since 1970, or ISO 8601.' },
  'x-attempt': { ...text, description: 'Which try this is, from 1.' },
};

const storedHeaders = {
  'Penstock-Stored': {
    ...text,
    enum: ['spool'],
    description:
      'Only where a key is for clients that cannot send again: Kafka is away, and one disk has the request.',
  },
};

const storedAnswer = {
  description: 'Every in-sync replica has the request.',
  headers: storedHeaders,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['request_id', 'bytes'],
        properties: { request_id: { ...text, format: 'uuid' }, bytes: { type: 'integer' } },
      },
    },
  },
};

const imageAnswer = {
  description: 'Every in-sync replica has the event.',
  headers: storedHeaders,
  content: { 'image/gif': { schema: { ...text, format: 'binary' } } },
};

/**
 * By status. Also 404 and 405: a client meets them with the right path and method too, behind a proxy that
 * changes one of the two (a redirect makes a GET of a POST), and at a Receiver without the route.
 */
function problemAnswers(asksForKeys: boolean) {
  const codes = problemCodes.filter((code) => asksForKeys || !ofKeys.has(code));
  const byStatus = Map.groupBy(codes, (code) => problems[code].status);
  return Object.fromEntries([...byStatus].map(([status, alike]) => [status, answerOf(status, alike)]));
}

const ofKeys: ReadonlySet<ProblemCode> = new Set(['key-missing', 'key-unknown']);

function answerOf(status: number, codes: readonly ProblemCode[]) {
  return {
    description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
    headers: problemHeaders[status] ?? {},
    content: { [problemContentType]: { schema: problemSchema(codes) } },
  };
}

const retryAfter = {
  'Retry-After': {
    ...{ type: 'integer', minimum: 1 },
    description: 'Seconds to wait before the next try, at least.',
  },
};

const problemHeaders: Record<number, object> = {
  401: { 'WWW-Authenticate': { ...text, enum: ['Bearer'] } },
  405: { Allow: { ...text, description: 'The methods of the route.' } },
  415: {
    Accept: { ...text, description: 'With `unsupported-content-type`: what the route takes.' },
    'Accept-Encoding': { ...text, description: 'With `unsupported-content-encoding`: those that are known.' },
  },
  429: retryAfter,
  503: retryAfter,
};

function problemSchema(codes: readonly ProblemCode[]) {
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'retryable', 'request_id'],
    properties: {
      type: text,
      title: text,
      status: { type: 'integer' },
      detail: { ...text, description: 'What a person may do about it. Often absent.' },
      code: { ...text, enum: codes },
      retryable: { type: 'boolean' },
      request_id: { ...text, format: 'uuid' },
    },
  };
}
