/**
 * Types for a catalogue of your own. Copy this file beside it (`input-filter catalogue-types` prints it):
 * it needs nothing else of Penstock, and no package.
 *
 *     import type { MakeCatalogue } from './penstock-catalogue.d.ts';
 *
 *     const make: MakeCatalogue = (events) => ({ ...events.builtInCatalogue });
 *     export default make;
 *
 * docs/catalogue.md explains it, with a complete example.
 */

/** What the file default-exports. It is called once in each thread, and imports nothing of Penstock. */
export type MakeCatalogue = (events: CatalogueTools) => Catalogue;

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** What JSON.parse makes of `{...}`. Any key may be missing. */
export interface JsonObject {
  [key: string]: JsonValue | undefined;
}

/** Everything that an Input Filter knows about events, as one value. */
export interface Catalogue {
  readonly formats: readonly Format[];
  /** One from each built-in format to the next, and one from each of your own to a built-in one. */
  readonly upgrades: readonly Upgrade[];
  /** Applied in this order. */
  readonly fixes: readonly Fix[];
  readonly rules: Rules;
  readonly limits: Limits;
  /** Fields of your own at the end of the schema. They are the same for all events, whatever their route. */
  readonly schemaFields?: readonly OwnField[];
  /** Event types that have a clean topic of their own: `{ purchase: 'events.purchase' }`. */
  readonly routes: Readonly<Record<string, string>>;
}

/** What is known about one format of events. */
export interface Format {
  /** 1 to 4 for the built-in ones, 100 to 999 for your own. Never reuse one: events keep it. */
  readonly number: number;
  /**
   * True when an event may be of this format, judged by the one key that no other format has. For events
   * that come without the hint of a route. Left out: only its route says that an event is of this format.
   */
  readonly looksLike?: (event: JsonObject) => boolean;
  /** How events travel together; null when the format has only single ones, arrays and lines. */
  readonly envelope: Envelope | null;
  /** Null when every field of the event is valid in this format, else the reason. Total: it never throws. */
  readonly check: (event: JsonObject) => Refusal | null;
  /** The client that sent the event, as far as the event says. Any JSON object may come. */
  readonly clientOf: (event: JsonObject) => ClientName;
  readonly typeOf: (event: JsonObject) => string | null;
  /** The client's own statement of when it happened, as it came. */
  readonly timeOf: (event: JsonObject) => JsonValue | undefined;
  /** For `input-filter check-catalogue`: what becomes of some events. A format of your own needs one. */
  readonly examples?: readonly FormatExample[];
}

export interface FormatExample {
  /** As a client sends it. */
  readonly event: JsonObject;
  readonly becomes: 'clean' | Reason;
  /** Some fields of the clean event, your own schema fields among them; others are not looked at. */
  readonly clean?: JsonObject;
  /** Milliseconds since 1970; noon of 1 June 2026 when left out. */
  readonly receivedAtMs?: number;
}

export interface Envelope {
  /** Holds the events. */
  readonly array: string;
  /** Keys beside the array. Each event in it inherits those that it does not have itself. */
  readonly shared: readonly string[];
}

export interface ClientName {
  readonly name: string | null;
  readonly version: string | null;
}

/**
 * From a built-in format to the next, or from one of your own to any built-in one. Pure, and total over
 * everything that `check` of `from` accepts.
 */
export interface Upgrade {
  readonly from: number;
  readonly to: number;
  readonly up: (event: JsonObject) => JsonObject;
}

/**
 * repair: the event is changed and goes on. redact: something is taken out and the event goes on. unwanted:
 * the event goes to events.rejected without an alarm. quarantined: it goes there with an alarm.
 */
export type FixOutcome = 'repair' | 'redact' | 'unwanted' | 'quarantined';

export interface FixContext {
  readonly format: number;
  readonly receivedAtMs: number;
}

/**
 * One known bug of one kind of client, and what is done about it. A fix sees the event in the client's own
 * format, before `check` and the upgrades. It is pure (no clock, no I/O, no state, and it does not change
 * the event it is given) and total (it accepts any JSON object).
 */
export interface Fix {
  /** In kebab-case. Never reuse one: ids are stored in events. */
  readonly id: string;
  /** Where the bug is described. */
  readonly issue: string;
  /** `versions` is a semver range. '*' is every version, even one that semver cannot read. */
  readonly clients: readonly { readonly name: string; readonly versions: string }[];
  /** Event types, or null for all. */
  readonly types: readonly string[] | null;
  readonly formats: readonly number[];
  /**
   * The names of properties, without one of which `detect` always says no. Events without them need not be
   * parsed for this fix: they stay on the fast path. Only for built-in formats.
   */
  readonly onlyProperties?: readonly string[];
  readonly outcome: FixOutcome;
  /** True when the event shows the bug. Keep it cheap: it runs for every event of the named clients. */
  readonly detect: (event: JsonObject, context: FixContext) => boolean;
  /** Called only after `detect` said yes, and never for unwanted and quarantined, which stop the event. */
  readonly apply: (event: JsonObject, context: FixContext) => JsonObject;
  /** The date of the first release with this fix, YYYY-MM-DD. */
  readonly since: string;
  /** What must be true before the fix can be removed. */
  readonly retireWhen: string;
  /** For the seven checks that every fix passes: at least one for each of its formats. */
  readonly examples: readonly FixExamples[];
}

export interface FixExamples {
  readonly format: number;
  readonly receivedAtMs: number;
  /** Shows the bug. */
  readonly broken: JsonObject;
  /** What `apply` makes of it, or null when the event is stopped. */
  readonly repaired: JsonObject | null;
  /** The same bug from a client just outside the version range. It stays as it is. */
  readonly outside: JsonObject;
  /** The named client without the bug. It stays as it is. */
  readonly healthy: JsonObject;
}

/** The rules for clean events that no format knows. Milliseconds. */
export interface Rules {
  /** A client's clock that differs by no more than this counts as right, and its time is kept. */
  readonly clockToleranceMs: number;
  /** An older time is clamped to this age. */
  readonly pastMaxMs: number;
  /** A time further ahead than this is impossible. One less far ahead is clamped to the time of receipt. */
  readonly futureMaxMs: number;
  /** A time before this is impossible, and the time of receipt replaces it. Milliseconds since 1970. */
  readonly earliestMs: number;
}

/** Bounds on what one request may ask of the Input Filter. Lengths of strings are in UTF-16 units. */
export interface Limits {
  readonly eventsPerRequestMax: number;
  /** Bytes of one event in its own encoding, and of a query. */
  readonly eventBytesMax: number;
  /** Objects and arrays within each other. The event itself is 1. */
  readonly depthMax: number;
  /** Keys and array elements of one event, all levels together. */
  readonly keysMax: number;
  readonly stringLengthMax: number;
  /** Characters of a number in JSON. */
  readonly numberLengthMax: number;
  /** What surrounds the events of an envelope. Each of them inherits from it, so it has limits of its own. */
  readonly envelopeBytesMax: number;
  readonly envelopeKeysMax: number;
}

/**
 * A field of your own in the schema of clean events. It follows the built-in fields. Add fields at the end
 * of the list, and never rename, retype or remove one: events with it stay in Kafka, and consumers know it.
 */
export interface OwnField {
  /** Begins with `x_`, so that no later built-in field can have the same name. */
  readonly name: string;
  /** A timestamp is milliseconds since 1970. */
  readonly type: 'boolean' | 'long' | 'double' | 'string' | 'timestamp';
  /** For consumers. */
  readonly doc: string;
  /** The date of the first release with this field, YYYY-MM-DD. */
  readonly since: string;
  /**
   * The value, read from the clean event. Null or undefined when there is none. A value of another type
   * rejects the event (`invalid-event`), and so does an exception (`field-failed`). Pure, and it does not
   * change the event. `net.ip` and `geo` are not there yet.
   */
  readonly value: (event: CleanEvent) => boolean | number | string | null | undefined;
}

/** A clean event: packages/events/schema/event-4.avsc says more of each field. */
export interface CleanEvent {
  readonly event_id: Uint8Array;
  readonly event_type: string;
  readonly occurred_at_raw: string | null;
  readonly client: {
    name: string | null;
    version: string | null;
    platform: string | null;
    os: string | null;
    os_version: string | null;
    locale: string | null;
  };
  readonly user_id: string | null;
  readonly device_id: string | null;
  readonly session_id: string | null;
  readonly screen: { width: number; height: number } | null;
  readonly location: { lat: number; lon: number; source: string | null } | null;
  /** Nested values are their JSON text. */
  readonly properties: Record<string, string | number | boolean | null>;
  readonly tenant: string;
  readonly source_format: number;
  readonly occurred_at: number;
  readonly sent_at: number | null;
  readonly received_at: number;
  readonly time_quality: 'trusted' | 'corrected' | 'server' | 'clamped';
  readonly net: { ip: string | null; user_agent: string | null };
  readonly geo: {
    country: string | null;
    region: string | null;
    city: string | null;
    lat: number | null;
    lon: number | null;
    asn: number | null;
    as_org: string | null;
    database: string | null;
  } | null;
  readonly fixes: string[];
  readonly origin: {
    dc: string;
    receiver: string;
    request_id: string;
    topic: string;
    partition: number;
    offset: number;
    index: number;
    attempt: number | null;
  };
}

/** Why an event goes to events.rejected. A `check` answers mostly the last four of the first line. */
export type Reason =
  | 'not-an-object'
  | 'missing-field'
  | 'unknown-field'
  | 'invalid-field'
  | 'invalid-event'
  | 'unknown-encoding'
  | 'broken-encoding'
  | 'inflated-too-large'
  | 'missing-header'
  | 'empty-request'
  | 'invalid-utf8'
  | 'invalid-json'
  | 'invalid-query'
  | 'invalid-envelope'
  | 'invalid-avro'
  | 'unknown-avro-schema'
  | 'unknown-format'
  | 'ambiguous-format'
  | 'too-many-events'
  | 'split-failed'
  | 'duplicate-key'
  | 'too-deep'
  | 'too-many-keys'
  | 'string-too-long'
  | 'number-too-long'
  | 'event-too-large'
  | 'fix-failed'
  | 'unwanted'
  | 'quarantined'
  | 'read-failed'
  | 'upgrade-failed'
  | 'normalise-failed'
  | 'field-failed'
  | 'duplicate-conflict'
  | 'encode-failed'
  | 'not-written';

/** Make one with `events.refuse`. */
export interface Refusal {
  readonly kind: 'rejected';
  readonly reason: Reason;
  readonly stage: Stage;
  /** What was found and where. Holds field names and lengths, never a client's values. */
  readonly detail: string;
  readonly rule?: string;
}

export type Stage =
  | 'inflate'
  | 'split'
  | 'parse'
  | 'fix'
  | 'read'
  | 'upgrade'
  | 'normalise'
  | 'validate'
  | 'deduplicate'
  | 'encode'
  | 'write';

/** What a field may hold: see `strictReader`. `check` never sees null, which counts as missing. */
export interface FieldRule {
  readonly check: (value: JsonValue) => boolean;
  /** For the detail of a refusal: "field screen is not {width, height}". */
  readonly is: string;
  readonly required?: boolean;
}

/** A path into an event: its keys, outermost first. */
export type Path = readonly string[];

export type FieldName = 'eventId' | 'time' | 'userId' | 'deviceId' | 'sessionId' | 'screen' | 'lat' | 'lon';

/** What an example says, whatever its format. `properties` are given without the prefix of format 1. */
export type Story = Partial<Record<FieldName, JsonValue>> & {
  readonly type?: string;
  readonly platform?: string;
  readonly properties?: JsonObject | string;
};

/** The examples of a fix, told once for all built-in formats that can have its bug. */
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

/** What the function is given. */
export interface CatalogueTools {
  /** What Penstock ships with. Build on it: `{ ...events.builtInCatalogue, routes: {...} }`. */
  readonly builtInCatalogue: Catalogue;

  /** The value at the path, or undefined. Any value may stand in the way. */
  readonly valueAt: (event: JsonObject, path: Path) => JsonValue | undefined;
  /** A copy with another value at the path, or without the key when the value is undefined. */
  readonly withValueAt: (event: JsonObject, path: Path, value: JsonValue | undefined) => JsonObject;
  /**
   * A copy whose properties have gone through `change`, which returns undefined to remove one. The event
   * itself comes back when nothing changes.
   */
  readonly withProperties: (
    event: JsonObject,
    format: number,
    change: (name: string, value: JsonValue) => JsonValue | undefined,
  ) => JsonObject;
  /** Where a built-in format has each field. Throws for one of your own. */
  readonly pathsOf: (format: number) => Readonly<Record<FieldName, Path>>;
  /** The examples of a fix in each of these built-in formats. */
  readonly examplesIn: (formats: readonly number[], stories: Stories) => FixExamples[];

  /** The `check` of a format that has these fields and no others. */
  readonly strictReader: (
    rules: Readonly<Record<string, FieldRule>>,
    options?: {
      /** Fields whose name begins so belong to the client, and each of them passes this rule. */
      readonly open?: { readonly prefix: string; readonly rule: FieldRule };
      /** An empty text is as good as none. */
      readonly emptyIsNone?: boolean;
    },
  ) => (event: JsonObject) => Refusal | null;
  readonly required: (rule: FieldRule) => FieldRule;
  /** A text of at most 256 characters. */
  readonly shortText: FieldRule;
  readonly anyText: FieldRule;
  readonly finiteNumber: FieldRule;
  readonly uuidText: FieldRule;
  readonly anyObject: FieldRule;
  /** A field that is an object with these fields and no others. */
  readonly objectOf: (rules: Readonly<Record<string, FieldRule>>) => FieldRule;

  readonly isJsonObject: (value: unknown) => value is JsonObject;
  readonly refuse: (reason: Reason, detail: string) => Refusal;
  /** Milliseconds since 1970 of a number, digits, or ISO 8601 with an offset; null for anything else. */
  readonly parseTime: (value: JsonValue | undefined) => number | null;
}
