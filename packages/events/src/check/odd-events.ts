import type { JsonObject, JsonValue } from '../model/json.ts';

const oddValues: readonly JsonValue[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 2 ** 53],
  ...['', ' ', '0', 'x'.repeat(300), '9007199254740993', '2026-01-01T00:00:00Z', 'NaN', '\u0000', '%', '{'],
  ...[[], {}, [null], [[]], { a: null }, ['x', 1], { length: 1 }],
];

/** How deep below the event values are replaced. */
const depthMax = 3;

/**
 * The event with each of its values, one at a time, replaced by odd ones or taken out, and some events that
 * have nothing of it. Any JSON object may come from a client.
 */
export function* oddEvents(event: JsonObject): Generator<JsonObject> {
  yield {};
  yield { '': null, constructor: {}, toString: 'x' };
  yield* replaced(event, 1);
}

function* replaced(object: JsonObject, depth: number): Generator<JsonObject> {
  for (const key of Object.keys(object)) {
    const { [key]: value, ...others } = object;
    yield others;
    for (const odd of oddValues) yield { ...object, [key]: odd };
    if (depth < depthMax && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const inner of replaced(value, depth + 1)) yield { ...object, [key]: inner };
    }
  }
}
