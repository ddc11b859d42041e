/** The stages of the Input Filter at which an event can be stopped, in order. */
export const stages = [
  'inflate',
  'split',
  'parse',
  'fix',
  'read',
  'upgrade',
  'normalise',
  'validate',
  'deduplicate',
  'encode',
  'write',
] as const;
export type Stage = (typeof stages)[number];

interface ReasonText {
  readonly stage: Stage;
  /** For the human who finds it in events.rejected. */
  readonly sentence: string;
}

/**
 * Every reason for a rejection. A reason belongs to one stage. Reasons are never removed or renamed,
 * because stored records hold their names.
 */
export const reasons = {
  'unknown-encoding': {
    stage: 'inflate',
    sentence: 'The content-encoding is none of gzip, deflate, br and zstd.',
  },
  'broken-encoding': { stage: 'inflate', sentence: 'The body cannot be decompressed.' },
  'inflated-too-large': { stage: 'inflate', sentence: 'The body is larger than allowed when decompressed.' },
  'missing-header': {
    stage: 'inflate',
    sentence: 'The raw record lacks a header that the Receiver always writes.',
  },

  'empty-request': { stage: 'split', sentence: 'The request holds no event.' },
  'invalid-utf8': { stage: 'split', sentence: 'The text is not UTF-8.' },
  'invalid-json': { stage: 'split', sentence: 'The text is not JSON.' },
  'invalid-query': { stage: 'split', sentence: 'The query string cannot be decoded.' },
  'invalid-envelope': { stage: 'split', sentence: 'The envelope around the events has the wrong shape.' },
  'invalid-avro': { stage: 'split', sentence: 'The Avro record is cut off or broken.' },
  'unknown-avro-schema': {
    stage: 'split',
    sentence: 'The fingerprint of the Avro record is not that of a known schema.',
  },
  'unknown-format': { stage: 'split', sentence: 'The event has the shape of no known format.' },
  'ambiguous-format': { stage: 'split', sentence: 'The event has the shape of more than one format.' },
  'too-many-events': { stage: 'split', sentence: 'The request holds more events than allowed.' },
  'split-failed': { stage: 'split', sentence: 'Splitting failed on this request: a bug of a format.' },

  'not-an-object': { stage: 'parse', sentence: 'The event is not a JSON object.' },
  'duplicate-key': { stage: 'parse', sentence: 'A JSON object has the same key twice.' },
  'too-deep': { stage: 'parse', sentence: 'The event is nested more deeply than allowed.' },
  'too-many-keys': { stage: 'parse', sentence: 'The event has more keys and values than allowed.' },
  'string-too-long': { stage: 'parse', sentence: 'A string of the event is longer than allowed.' },
  'number-too-long': { stage: 'parse', sentence: 'A number of the event has more digits than allowed.' },
  'event-too-large': { stage: 'parse', sentence: 'The event has more bytes than allowed.' },

  'fix-failed': { stage: 'fix', sentence: 'A fix failed on this event: a bug of the fix.' },
  unwanted: { stage: 'fix', sentence: 'The event comes from a client that nobody asked for.' },
  quarantined: { stage: 'fix', sentence: 'The event shows a known bug that cannot be repaired.' },

  'missing-field': { stage: 'read', sentence: 'A field that the format requires is missing.' },
  'unknown-field': { stage: 'read', sentence: 'A field is not part of the format.' },
  'invalid-field': { stage: 'read', sentence: 'A field has the wrong type or form.' },
  'read-failed': { stage: 'read', sentence: 'Reading failed on this event: a bug of the format.' },

  'upgrade-failed': { stage: 'upgrade', sentence: 'An upgrade failed on this event: a bug of the upgrade.' },
  'normalise-failed': {
    stage: 'normalise',
    sentence: 'Normalising failed on this event: a bug of the Input Filter.',
  },
  'invalid-event': { stage: 'validate', sentence: 'The upgraded event breaks a rule of the current format.' },
  'field-failed': {
    stage: 'validate',
    sentence: 'A schema field of the catalogue failed on this event: a bug of the field.',
  },
  'duplicate-conflict': {
    stage: 'deduplicate',
    sentence:
      'An event with the same id and other content was seen before: this is a sample of the conflict.',
  },
  'encode-failed': { stage: 'encode', sentence: 'The event cannot be encoded.' },
  'not-written': { stage: 'write', sentence: 'Kafka refuses the encoded event, e.g. as too large.' },
} as const satisfies Record<string, ReasonText>;

export type Reason = keyof typeof reasons;

/** Why one event, or a whole request, goes to events.rejected. */
export interface Refusal {
  readonly kind: 'rejected';
  readonly reason: Reason;
  readonly stage: Stage;
  /** What was found and where. Holds field names and lengths, never a client's values. */
  readonly detail: string;
  /** The fix that stopped the event, if one did. */
  readonly rule?: string;
}

export function refuse(reason: Reason, detail: string): Refusal {
  return { kind: 'rejected', reason, stage: reasons[reason].stage, detail };
}
