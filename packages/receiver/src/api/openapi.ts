import { problemCodes, problemContentType, problems, type ProblemCode } from './problems.ts';
import type { EventRoute } from './routes.ts';

/** What OpenAPI says of a route. It describes only: nobody validates by it. */
export function routeSchema(route: EventRoute) {
  const isPixel = route.answer === 'pixel';
  return {
    operationId: route.name,
    summary: isPixel ? 'The query is one event of format 1' : `Events of format ${route.formatHint}`,
    ...(!isPixel && {
      consumes: [...route.contentTypes],
      body: bodyOf(route),
    }),
    querystring: { type: 'object', properties: queryOf(route) },
    headers: { type: 'object', properties: isPixel ? {} : headerProperties },
    // The last one: where the Receiver asks for no key.
    security: [{ bearer: [] }, ...(route.keyInUrl ? [{ keyInUrl: [] }] : []), {}],
    response: { 200: isPixel ? imageAnswer : storedAnswer, ...problemAnswers },
  };
}

/** The head of the document. */
export const openApi = {
  info: {
    title: 'Penstock Receiver',
    description:
      'Every in-sync replica has a request that is answered 200. It is not read here: events that are ' +
      'not valid are found later, in `events.rejected`. Send a request again when its problem is ' +
      '`retryable`, or when there is no answer at all, after a time-out of 30 s: with the same events, ' +
      'the same ids and the same partition key, waiting longer each time, and never less than ' +
      '`Retry-After`. In the source of Penstock, docs/clients.md has examples for many languages, ' +
      'docs/formats.md the fields of events, and packages/client a client for pages and Node programs.',
    version: '4',
  },
  components: {
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer', description: 'An API key, where the Receiver asks for one.' },
      keyInUrl: {
        type: 'apiKey',
        in: 'query',
        name: 'api_key',
        description: 'For clients that set no header.',
      },
    },
  },
} as const;

const text = { type: 'string' } as const;

const samples: Record<string, string> = {
  '1': 'e=page_view&eid=8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21&p_path=%2Fcart',
  '2': '{"event":"page_view","id":"8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21","properties":{"path":"/cart"}}',
  '3':
    '{"sent_at":1795600000000,"batch":[{"type":"page_view",' +
    '"message_id":"8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21","time":1795599999000}]}',
  '4':
    '{"sent_at":1795600000000,"events":[{"event_type":"page_view",' +
    '"event_id":"8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21","occurred_at":1795599999000,' +
    '"properties":{"path":"/cart"}}]}',
};

function bodyOf({ formatHint, bodyBytesMax }: EventRoute) {
  const sample = samples[formatHint];
  return {
    ...{ type: 'string', format: 'binary' },
    description: `Events of format ${formatHint}: one, or many. At most ${bodyBytesMax} bytes as sent.`,
    ...(sample !== undefined && { examples: [sample] }),
  };
}

function queryOf(route: EventRoute) {
  const keys = {
    partition_key: { ...text, description: 'As x-partition-key, for clients that set no header.' },
  };
  return route.keyInUrl ? { ...keys, api_key: { ...text, description: 'An API key; it is public.' } } : keys;
}

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

const storedAnswer = {
  description: 'Every in-sync replica has the request.',
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
  content: { 'image/gif': { schema: { ...text, format: 'binary' } } },
};

/** By status. A route that exists is found, with its method. */
const problemAnswers = Object.fromEntries(
  [...Map.groupBy(problemCodes.filter(isOfRoute), (code) => problems[code].status)].map(([status, codes]) => [
    status,
    {
      description: codes.map((code) => `\`${code}\`: ${problems[code].title}.`).join(' '),
      content: { [problemContentType]: { schema: problemSchema(codes) } },
    },
  ]),
);

function isOfRoute(code: ProblemCode): boolean {
  return code !== 'not-found' && code !== 'method-not-allowed';
}

function problemSchema(codes: readonly ProblemCode[]) {
  return {
    type: 'object',
    required: ['type', 'title', 'status', 'code', 'retryable', 'request_id'],
    properties: {
      type: text,
      title: text,
      status: { type: 'integer' },
      code: { ...text, enum: codes },
      retryable: { type: 'boolean' },
      request_id: { ...text, format: 'uuid' },
    },
  };
}
