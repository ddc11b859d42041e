import { sampleEvent, sampleUuid, type JsonObject, type Random } from '@penstock/events';

const propertyCount = 24;

/** Of format 4 with 24 properties: numbers, booleans and texts, as clients send them. 1.1 KB as JSON. */
export function clientEvent(random: Random, nowMs: number): JsonObject {
  const event = sampleEvent(4, { eventId: sampleUuid(random), random, occurredAtMs: nowMs - 1_000 });
  const properties = event.properties as JsonObject;
  for (let n = 3; n < propertyCount; n++) {
    const text = `value ${Math.floor(random() * 1e12).toString(36)}`;
    properties[`property_${n}`] =
      n % 4 === 0 ? Math.floor(random() * 1e6) : n % 7 === 0 ? random() < 0.5 : text;
  }
  return event;
}
