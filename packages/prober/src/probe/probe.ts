import { formatUuid, sampleBody, sampleEvent, seededRandom } from '@penstock/events';
import type { JsonObject } from '@penstock/events';
import type { Expectation } from '../account/findings.ts';
import { wallClockMs } from '../wall-clock.ts';
import { encodeProbeId, type ProbeId } from './probe-id.ts';

/** The ways into a Receiver that are probed, one per stream: every historical format. */
export const routes = ['pixel', 'track', 'batch', 'events', 'beacon'] as const;

export type Route = (typeof routes)[number];

/** One probe as a request, and what must come of it. */
export interface Probe {
  readonly method: 'GET' | 'POST';
  /** With its query, for the pixel. */
  readonly path: string;
  readonly contentType: string | null;
  readonly body: Buffer | null;
  readonly expectation: Expectation;
  readonly expected: ExpectedEvent;
}

/** What the clean event must say, in text: formats differ in the types of properties, not in their words. */
export interface ExpectedEvent {
  readonly eventType: string;
  readonly sourceFormat: number;
  readonly deviceId: string;
  readonly properties: ReadonlyMap<string, string>;
  /** Whether a known bug of its client must have been repaired. */
  readonly repaired: boolean;
}

const formatOf = { pixel: 1, track: 2, batch: 3, events: 4, beacon: 4 } as const;

/**
 * Everything about a probe follows from its id, so a reader that sees it hours later, after a restart, can
 * make it again and compare. Every tenth shows a bug that a fix repairs; every twentieth of the batch route
 * must be filtered out.
 */
export function probeOf(id: ProbeId, route: Route): Probe {
  const { stream, sequence } = id;
  const filtered = expectationOf(route, sequence) === 'filtered';
  const variant = sequence % 10 === 3 && !filtered ? 'fixable' : 'healthy';
  const random = seededRandom(Math.imul(id.run ^ stream, 0x9e3779b1) + sequence);
  const eventId = formatUuid(encodeProbeId(id));
  // A fixed time would drift out of the window of believable times; without one the Receiver's time is taken.
  const event = withoutTime(sampleEvent(formatOf[route], { eventId, random, occurredAtMs: 0, variant }));
  if (filtered) event['client'] = { name: 'penstock-android', version: '2.4.0', platform: 'android-plus' };
  // The other bug of format 1 is in the time, which probes do not have.
  const repaired = route === 'pixel' ? event['res'] === 'NaNxNaN' : variant === 'fixable';
  const expected = expectedOf(route, event, repaired);
  return { ...requestOf(route, event), expectation: filtered ? 'filtered' : 'arrives', expected };
}

/** A repackaged build that nobody wants events of: the built-in catalogue calls it unwanted. */
export function expectationOf(route: Route, sequence: number): Expectation {
  return route === 'batch' && sequence % 20 === 7 ? 'filtered' : 'arrives';
}

function withoutTime(event: JsonObject): JsonObject {
  for (const name of ['dtm', 'timestamp', 'time', 'occurred_at']) delete event[name];
  return event;
}

function requestOf(route: Route, event: JsonObject): Omit<Probe, 'expectation' | 'expected'> {
  if (route === 'pixel') {
    const query = new URLSearchParams(event as Record<string, string>).toString();
    return { method: 'GET', path: `/v1/collect?${query}`, contentType: null, body: null };
  }
  if (route === 'beacon') {
    const body = Buffer.from(JSON.stringify(event));
    return { method: 'POST', path: '/v4/beacon', contentType: 'text/plain', body };
  }
  const { path, contentType, body } = sampleBody(formatOf[route], [event], wallClockMs());
  return { method: 'POST', path, contentType, body };
}

function expectedOf(route: Route, event: JsonObject, repaired: boolean): ExpectedEvent {
  const text = (value: unknown): string => String(value);
  const format = formatOf[route];
  if (format === 1) {
    const properties = Object.entries(event)
      .filter(([name]) => name.startsWith('p_'))
      .map(([name, value]) => [name.slice(2), text(value)] as const);
    return made(event['e'], event['did'], properties);
  }
  const context = event['context'] as { device: { id: string } } | undefined;
  const properties = Object.entries(event['properties'] as JsonObject).map(
    ([name, value]) => [name, text(value)] as const,
  );
  return made(
    event['event'] ?? event['type'] ?? event['event_type'],
    context?.device.id ?? event['device_id'],
    properties,
  );

  function made(type: unknown, device: unknown, found: (readonly [string, string])[]): ExpectedEvent {
    return {
      eventType: text(type),
      sourceFormat: format,
      deviceId: text(device),
      properties: new Map(found),
      repaired,
    };
  }
}
