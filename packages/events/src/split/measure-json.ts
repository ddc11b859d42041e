import type { JsonValue } from '../model/json.ts';
import type { Limits } from '../catalogue/limits.ts';
import { refuse, type Refusal } from '../model/reasons.ts';

/** What a walk over a parsed value has found. */
export interface JsonMeasure {
  /** Keys of objects, all levels together. */
  members: number;
  /** Keys and array elements. */
  entries: number;
  /** Characters of strings and keys: what the event weighs, roughly. */
  characters: number;
  /** Some number may have lost digits: it must be read again from its text. */
  inexact: boolean;
  refusal: Refusal | null;
}

/**
 * Counts, and holds one event against the limits. Stops at the first limit that is broken, so depth is
 * bounded.
 */
export function measureJson(value: JsonValue, limits: Limits): JsonMeasure {
  const measure: JsonMeasure = { members: 0, entries: 0, characters: 0, inexact: false, refusal: null };
  walk(value, 1, measure, limits);
  if (measure.refusal === null && measure.characters > limits.eventBytesMax) {
    measure.refusal = refuse('event-too-large', `more than ${limits.eventBytesMax} characters`);
  }
  return measure;
}

function walk(value: JsonValue | undefined, depth: number, measure: JsonMeasure, limits: Limits): void {
  if (typeof value === 'string') {
    measure.characters += value.length;
    if (value.length > limits.stringLengthMax) {
      measure.refusal = refuse(
        'string-too-long',
        `a string of ${value.length}, allowed are ${limits.stringLengthMax}`,
      );
    }
  } else if (typeof value === 'number') {
    if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) measure.inexact = true;
  } else if (typeof value === 'object' && value !== null) {
    walkInto(value, depth, measure, limits);
  }
}

function walkInto(value: object, depth: number, measure: JsonMeasure, limits: Limits): void {
  if (depth > limits.depthMax) {
    measure.refusal = refuse('too-deep', `nested more than ${limits.depthMax} deep`);
    return;
  }
  if (Array.isArray(value)) {
    for (const element of value as JsonValue[]) {
      if (++measure.entries > limits.keysMax) break;
      walk(element, depth + 1, measure, limits);
      if (measure.refusal !== null) return;
    }
  } else {
    const object = value as Record<string, JsonValue>;
    for (const key in object) {
      measure.members++;
      measure.characters += key.length;
      if (++measure.entries > limits.keysMax) break;
      if (key === '__proto__') measure.refusal = refuse('invalid-field', 'a key is named __proto__');
      else if (key.length > limits.stringLengthMax) {
        measure.refusal = refuse(
          'string-too-long',
          `a key of ${key.length}, allowed are ${limits.stringLengthMax}`,
        );
      } else walk(object[key], depth + 1, measure, limits);
      if (measure.refusal !== null) return;
    }
  }
  if (measure.entries > limits.keysMax) {
    measure.refusal = refuse('too-many-keys', `more than ${limits.keysMax} keys and elements`);
  }
}
