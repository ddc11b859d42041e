import type { RequestContext } from '../model/request.ts';

/** A request for tests. */
export const requestContext: RequestContext = {
  tenant: 'default',
  receivedAtMs: Date.UTC(2026, 10, 23, 12),
  sentAtMs: null,
  userAgent: 'test/1',
  dc: 'eu',
  receiver: 'receiver-0',
  requestId: 'request-1',
  topic: 'events.raw',
  partition: 3,
  offset: 42,
};
