import type { FixExamples } from '../catalogue/fix.ts';
import type { JsonObject, JsonValue } from '../model/json.ts';
import type { FormatNumber } from '../model/request.ts';
import { withValueAt } from './event-paths.ts';
import { pathsOf, type FieldName } from './field-paths.ts';

/**
 * What an example says, by the names of `pathsOf`. `properties` are given without the prefix of format
 * 1.
 */
export type Story = Partial<Record<FieldName, JsonValue>> & {
  readonly type?: string;
  readonly platform?: string;
  readonly properties?: JsonObject | string;
};

/** The same bug, told once for all formats that can have it. */
export interface Stories {
  readonly client: string;
  /** A version that has the bug, and one just outside the range. */
  readonly version: string;
  readonly outside: string;
  readonly receivedAtMs?: number;
  readonly broken: Story;
  /** What becomes of `broken`; null when the event is stopped. */
  readonly repaired: Story | null;
  readonly healthy: Story;
}

export const exampleReceivedAtMs = Date.UTC(2026, 5, 1, 12);

/** The four examples of a fix in each of these formats. */
export function examplesIn(formats: readonly FormatNumber[], stories: Stories): FixExamples[] {
  const { client, version, outside, broken, repaired, healthy } = stories;
  const receivedAtMs = stories.receivedAtMs ?? exampleReceivedAtMs;
  return formats.map((format) => ({
    format,
    receivedAtMs,
    broken: exampleEvent(format, client, version, broken),
    repaired: repaired === null ? null : exampleEvent(format, client, version, repaired),
    outside: exampleEvent(format, client, outside, broken),
    healthy: exampleEvent(format, client, version, healthy),
  }));
}

function exampleEvent(format: FormatNumber, name: string, version: string, story: Story): JsonObject {
  const { type = 'page_view', platform, properties, ...fields } = story;
  let event = emptyEvent(format, type, { name, version, ...(platform === undefined ? {} : { platform }) });
  if (properties !== undefined) event = withProperties(format, event, properties);
  const paths = pathsOf(format);
  for (const [field, value] of Object.entries(fields)) {
    if (!Object.hasOwn(paths, field)) throw new TypeError(noSuchField(field, Object.keys(paths)));
    event = withValueAt(event, paths[field as FieldName], value);
  }
  return event;
}

/** Node strips the types of a catalogue and does not check them. */
function noSuchField(field: string, fields: readonly string[]): string {
  return `an example has no field "${field}"; there are type, platform, properties, ${fields.join(', ')}`;
}

function withProperties(
  format: FormatNumber,
  event: JsonObject,
  properties: JsonObject | string,
): JsonObject {
  if (format !== 1 || typeof properties === 'string') return { ...event, properties };
  const flat = Object.entries(properties).map(([name, value]) => [`p_${name}`, value] as const);
  return { ...event, ...Object.fromEntries(flat) };
}

function emptyEvent(
  format: FormatNumber,
  type: string,
  client: { name: string; version: string; platform?: string },
): JsonObject {
  if (format === 1) return { e: type, cn: client.name, cv: client.version };
  if (format === 3) return { type, client };
  if (format === 4) return { event_type: type, client };
  const app = { name: client.name, version: client.version };
  return { event: type, context: { app, device: {}, user: {}, session: {} } };
}
