import type { JsonObject } from '../model/json.ts';
import type { FormatNumber, RawEvent, RequestContext } from '../model/request.ts';

/** The request in which the examples of a catalogue come. */
export const exampleRequest: RequestContext = {
  tenant: 'default',
  receivedAtMs: Date.UTC(2026, 5, 1, 12),
  sentAtMs: null,
  userAgent: 'example/1',
  dc: 'example',
  receiver: 'example',
  requestId: 'example',
  topic: 'events.raw',
  partition: 0,
  offset: 0,
};

/** The event as a split request has it. A copy, because the pipeline keeps parts of it. */
export function exampleItem(format: FormatNumber, event: JsonObject): RawEvent {
  const span = { kind: 'whole' } as const;
  return { kind: 'event', index: 0, format, event: structuredClone(event), oddText: true, span };
}
