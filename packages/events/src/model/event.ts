/**
 * A clean event: format 4 as it is written to `events.clean`. Field names are those of schema/event-4.avsc,
 * so code, wire and consumers use the same words. Times are milliseconds since 1970.
 */
export interface Event {
  /** 16 bytes. A Buffer, because the Avro library asks for one. */
  event_id: Buffer;
  event_type: string;
  /** The client's own statement of when it happened, exactly as sent. Null when it sent none. */
  occurred_at_raw: string | null;
  client: Client;
  user_id: string | null;
  device_id: string | null;
  session_id: string | null;
  screen: Screen | null;
  location: Location | null;
  properties: Record<string, PropertyValue>;
  tenant: string;
  /** The format the client wrote: 1 to 4, or one of a deployer's own. */
  source_format: number;
  /** Corrected for the client's clock; see `time_quality`. */
  occurred_at: number;
  sent_at: number | null;
  received_at: number;
  time_quality: TimeQuality;
  net: Net;
  /** Filled in by the Input Filter; null when there is no database or no answer. */
  geo: Geo | null;
  /** Ids of the fixes and normalisations that changed this event, in order. */
  fixes: string[];
  origin: Origin;
}

/** Nested values of properties are kept as their JSON text. */
export type PropertyValue = string | number | boolean | null;

export interface Client {
  name: string | null;
  version: string | null;
  platform: string | null;
  os: string | null;
  os_version: string | null;
  locale: string | null;
}

/** Pixels. */
export interface Screen {
  width: number;
  height: number;
}

/** Degrees: lat -90..90, lon -180..180. `source` is whatever the client calls it: gps, network, ... */
export interface Location {
  lat: number;
  lon: number;
  source: string | null;
}

export interface Net {
  /** Null until the Input Filter writes the anonymised address. */
  ip: string | null;
  user_agent: string | null;
}

export interface Geo {
  country: string | null;
  region: string | null;
  city: string | null;
  lat: number | null;
  lon: number | null;
  asn: number | null;
  as_org: string | null;
  /** Name and build of the database that answered. */
  database: string | null;
}

/** Where the event came in, which is enough to find its raw record again. */
export interface Origin {
  dc: string;
  receiver: string;
  request_id: string;
  topic: string;
  partition: number;
  offset: number;
  index: number;
  /** Which try of the request this was, as the client counts them. */
  attempt: number | null;
}

/**
 * trusted: kept, as nothing speaks against the client's clock. corrected: moved by the difference of the
 * clocks. server: received_at replaces a time that is missing or impossible. clamped: moved to the edge of
 * the window.
 */
export const timeQualities = ['trusted', 'corrected', 'server', 'clamped'] as const;
export type TimeQuality = (typeof timeQualities)[number];
