/**
 * Every answer that is not 200. The code is the machine's word for it and a metric label; it never changes
 * its meaning.
 */
export const problems = {
  'bad-request': { status: 400, retryable: false, title: 'The request is not HTTP as we know it' },
  'empty-body': { status: 400, retryable: false, title: 'The body is empty' },
  'too-many-chunks': { status: 400, retryable: false, title: 'The body comes in too many small chunks' },
  'truncated-body': { status: 400, retryable: true, title: 'The body ended early' },
  'key-missing': { status: 401, retryable: false, title: 'An API key is needed' },
  'key-unknown': { status: 403, retryable: false, title: 'The API key is not known' },
  'not-found': { status: 404, retryable: false, title: 'No such route' },
  'method-not-allowed': { status: 405, retryable: false, title: 'The route has another method' },
  'expectation-failed': { status: 417, retryable: false, title: 'Only 100-continue can be expected' },
  'slow-request': { status: 408, retryable: true, title: 'The request came too slowly' },
  'too-large': { status: 413, retryable: false, title: 'The body is too large' },
  'unsupported-content-type': {
    status: 415,
    retryable: false,
    title: 'The content type is not one of this route',
  },
  'unsupported-content-encoding': {
    status: 415,
    retryable: false,
    title: 'The content encoding is not known',
  },
  'quota-exceeded': { status: 429, retryable: true, title: 'The quota of this sender is used up' },
  'headers-too-large': { status: 431, retryable: false, title: 'The headers are too large' },
  'internal-error': { status: 500, retryable: true, title: 'The Receiver has failed' },
  'unsupported-transfer-encoding': { status: 501, retryable: false, title: 'Only chunked transfer is known' },
  'memory-full': { status: 503, retryable: true, title: 'Too much is in flight' },
  overloaded: { status: 503, retryable: true, title: 'It would wait too long' },
  'partition-overloaded': { status: 503, retryable: true, title: 'It would wait too long for its partition' },
  'spool-full': { status: 503, retryable: true, title: 'Kafka does not take it, and the spool is full' },
  'topic-unfit': { status: 503, retryable: true, title: 'The raw topic cannot keep the promise of a 200' },
  'kafka-late': { status: 503, retryable: true, title: 'Not confirmed in time: it may be stored or not' },
  'kafka-refused': { status: 503, retryable: true, title: 'Not stored' },
  stopping: { status: 503, retryable: true, title: 'This Receiver is stopping' },
} as const;

export type ProblemCode = keyof typeof problems;

export const problemCodes = Object.keys(problems) as ProblemCode[];

export const problemContentType = 'application/problem+json';

/** RFC 9457. Says nothing that came from the client. `detail`: what a person may do about it. */
export function problemBody(code: ProblemCode, requestId: string, detail?: string): string {
  const { status, retryable, title } = problems[code];
  const said = { type: 'about:blank', title, status, detail, code, retryable, request_id: requestId };
  return JSON.stringify(said);
}

/** A whole number of seconds in 1..max, so that refused clients do not come back together. */
export function retryAfterSeconds(maxMs: number): number {
  return 1 + Math.floor((Math.random() * maxMs) / 1000);
}
