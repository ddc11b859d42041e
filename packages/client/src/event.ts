/** What an event may say beside its type: format 4 (docs/formats.md). Unknown fields are rejected there. */
export interface EventFields {
  /** A UUID. Made at random when not given. Two events with the same one are the same event. */
  event_id?: string;
  /** Milliseconds since 1970, or ISO 8601 with an offset. Now when not given. */
  occurred_at?: number | string;
  client?: ClientName;
  user_id?: string;
  device_id?: string;
  session_id?: string;
  screen?: { width: number; height: number };
  location?: { lat: number; lon: number; source?: string };
  /** Whatever JSON can say. */
  properties?: Record<string, unknown>;
}

/** The program that sends. Fixes for broken versions go by name and version. */
export interface ClientName {
  name?: string;
  version?: string;
  platform?: string;
  os?: string;
  os_version?: string;
  locale?: string;
}

/** What `JSON.stringify` makes of an event, and its id. */
export interface FrozenEvent {
  id: string;
  json: string;
}

/** The pipeline rejects larger events (docs/formats.md, limits). */
export const eventBytesMax = 256 * 1024;

/** As UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
