import type { Fix } from '../../catalogue/fix.ts';
import type { JsonObject } from '../../model/json.ts';
import { examplesIn } from '../example-events.ts';

/** Old pixels encoded each value before a library encoded the whole query again. */
export const doubleEncodedQuery: Fix = {
  id: 'double-encoded-query',
  issue: 'Values are percent-encoded twice (as peaksandpies/universal-analytics#169)',
  clients: [{ name: 'penstock-web', versions: '<1.4.0' }],
  types: null,
  formats: [1],
  outcome: 'repair',
  detect: (event) => decodedOnce(event) !== event,
  apply: decodedOnce,
  since: '2026-11-28',
  retireWhen: 'no penstock-web before 1.4.0 has been seen for 90 days',
  examples: examplesIn([1], {
    ...{ client: 'penstock-web', version: '1.3.9', outside: '1.4.0' },
    broken: { userId: 'a%40b.example', properties: { title: 'Gr%C3%B6%C3%9Fe', rate: '5%' } },
    repaired: { userId: 'a@b.example', properties: { title: 'Größe', rate: '5%' } },
    healthy: { userId: 'a@b.example', properties: { title: '100%', rate: '%zz', odd: '%ff' } },
  }),
};

function decodedOnce(event: JsonObject): JsonObject {
  const decoded: JsonObject = {};
  let changed = false;
  for (const [key, value] of Object.entries(event)) {
    decoded[key] = typeof value === 'string' ? decode(value) : value;
    changed ||= decoded[key] !== value;
  }
  return changed ? decoded : event;
}

/** What cannot be decoded was never encoded. */
function decode(text: string): string {
  if (!/%[0-9a-f]{2}/i.test(text)) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
