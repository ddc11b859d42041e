import type { Client, Event, Location, PropertyValue, Screen } from '../model/event.ts';
import { deriveEventId, isNil, parseUuid } from '../model/event-id.ts';
import { correctTime } from './correct-time.ts';
import type { Format4 } from '../formats/format-4/format-4.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import { jsonText } from './json-text.ts';
import { parseTime } from './parse-time.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type { FormatNumber, RequestContext } from '../model/request.ts';
import type { Rules } from '../catalogue/rules.ts';

/** The normalisations that an event lists among its fixes, each of which removed something. */
export const normalisations = {
  screen: 'normalise-screen',
  location: 'normalise-location',
} as const;

const eventTypeLengthMax = 128;
const screenMax = 100_000;

/** An event in format 4, and what normalising needs to know about it. */
export interface Upgraded {
  readonly event: JsonObject;
  readonly format: FormatNumber;
  readonly index: number;
  /** The time as the client sent it, before any fix. */
  readonly occurredRaw: JsonValue | undefined;
  /** Ids of what was applied so far. This becomes the event's own list. */
  readonly fixes: string[];
}

/**
 * Makes the clean event: texts are trimmed, ranges checked, the id is parsed or derived, the time
 * corrected. Returns why it cannot, when it cannot. `net.ip` and `geo` are null. The given event has passed
 * the strict reader of its format.
 */
export function normalise(upgraded: Upgraded, context: RequestContext, rules: Rules): Event | Refusal {
  const { fixes } = upgraded;
  const given = upgraded.event as unknown as Format4;
  const eventType = given.event_type.trim();
  if (eventType === '' || eventType.length > eventTypeLengthMax) {
    return refuse('invalid-event', `event_type is empty or longer than ${eventTypeLengthMax}`);
  }
  const id = eventIdOf(given);
  if (id !== null && 'reason' in id) return id;
  const sentMs = parseTime(given.sent_at) ?? context.sentAtMs;
  const time = correctTime(
    { occurredMs: parseTime(given.occurred_at), sentMs, receivedMs: context.receivedAtMs },
    rules,
  );
  const event: Event = {
    event_id: id ?? noId,
    event_type: eventType,
    occurred_at_raw: rawText(upgraded.occurredRaw),
    client: clientOf(given.client),
    user_id: text(given.user_id),
    device_id: text(given.device_id),
    session_id: text(given.session_id),
    screen: screenOf(given.screen, fixes),
    location: locationOf(given.location, fixes),
    properties: propertiesOf(upgraded.event.properties),
    tenant: context.tenant,
    source_format: upgraded.format,
    occurred_at: time.occurredMs,
    sent_at: sentMs,
    received_at: context.receivedAtMs,
    time_quality: time.quality,
    net: { ip: null, user_agent: context.userAgent },
    geo: null,
    fixes,
    origin: {
      dc: context.dc,
      receiver: context.receiver,
      request_id: context.requestId,
      topic: context.topic,
      partition: context.partition,
      offset: context.offset,
      index: upgraded.index,
      attempt: context.attempt ?? null,
    },
  };
  if (id === null) event.event_id = derivedId(event, context);
  return event;
}

const noId = Buffer.alloc(16);

/** Null when the event has no id. */
function eventIdOf(given: Format4): Buffer | null | Refusal {
  if (given.event_id === undefined || given.event_id === null) return null;
  const id = parseUuid(given.event_id);
  if (id === null) return refuse('invalid-event', 'event_id is not a UUID');
  return isNil(id) ? refuse('invalid-event', 'event_id is the nil UUID') : id;
}

/** Leaves out the time of receipt and all else that changes when the client sends the event again. */
function derivedId(event: Event, { clientAddress, userAgent }: RequestContext): Buffer {
  const { tenant, event_type, occurred_at_raw, client, user_id, device_id, session_id, screen, location } =
    event;
  return deriveEventId([
    ...[tenant, device_id, event_type, occurred_at_raw, user_id, session_id],
    ...[client, screen, location, event.properties],
    // Nothing in the event itself tells these people apart.
    ...(device_id === null && user_id === null && session_id === null ? [clientAddress, userAgent] : []),
  ]);
}

function rawText(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null || value === '') return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Trimmed; null when nothing is left. */
function text(value: string | null | undefined): string | null {
  if (value === undefined || value === null) return null;
  const trimmed = value.trim();
  return trimmed === '' ? null : trimmed;
}

function clientOf(client: Format4['client']): Client {
  return {
    name: text(client?.name),
    version: text(client?.version),
    platform: text(client?.platform),
    os: text(client?.os),
    os_version: text(client?.os_version),
    locale: text(client?.locale),
  };
}

function screenOf(screen: Format4['screen'], fixes: string[]): Screen | null {
  if (screen === undefined || screen === null) return null;
  if (isPixels(screen.width) && isPixels(screen.height))
    return { width: screen.width, height: screen.height };
  fixes.push(normalisations.screen);
  return null;
}

function isPixels(value: number): boolean {
  return Number.isInteger(value) && value > 0 && value <= screenMax;
}

function locationOf(location: Format4['location'], fixes: string[]): Location | null {
  if (location === undefined || location === null) return null;
  const { lat, lon } = location;
  if (Math.abs(lat) <= 90 && Math.abs(lon) <= 180) return { lat, lon, source: text(location.source) };
  fixes.push(normalisations.location);
  return null;
}

/**
 * Nested values become their JSON text. Without any, the client's object itself is used: nobody else holds
 * it.
 */
function propertiesOf(properties: JsonValue | undefined): Record<string, PropertyValue> {
  if (properties === undefined || properties === null) return {};
  const given = properties as JsonObject;
  for (const name in given) {
    const value = given[name];
    // An upgrade may leave undefined where its client wrote nothing.
    if (value === undefined || (typeof value === 'object' && value !== null)) return flattened(given);
  }
  return given as Record<string, PropertyValue>;
}

function flattened(given: JsonObject): Record<string, PropertyValue> {
  const properties: Record<string, PropertyValue> = {};
  for (const name in given) {
    const value = given[name];
    if (value === undefined) continue;
    properties[name] = typeof value === 'object' && value !== null ? jsonText(value) : value;
  }
  return properties;
}
