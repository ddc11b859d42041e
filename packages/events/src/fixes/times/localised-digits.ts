import type { Fix } from '../../catalogue/fix.ts';
import type { JsonValue } from '../../model/json.ts';
import { valueAt, withValueAt } from '../event-paths.ts';
import { examplesIn } from '../example-events.ts';
import { pathsOf } from '../field-paths.ts';

/** The zeros of Arabic, Persian, Devanagari, Bengali and Thai. Nine digits follow each. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50];
const foreignDigit = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u09e6-\u09ef\u0e50-\u0e59]/g;
const timeLengthMax = 64;

/** The client formatted its times in the user's language, digits included. */
export const localisedDigits: Fix = {
  id: 'localised-digits',
  issue:
    'Times are written in Arabic or Devanagari digits (as getsentry/sentry-java#514, mixpanel-iphone#144)',
  clients: [{ name: 'penstock-android', versions: '<2.1.0' }],
  types: null,
  formats: [2, 3],
  outcome: 'repair',
  detect: (event, { format }) => {
    const time = valueAt(event, pathsOf(format).time);
    return isShortText(time) && time.search(foreignDigit) !== -1;
  },
  apply: (event, { format }) => {
    const time = valueAt(event, pathsOf(format).time);
    if (!isShortText(time)) return event;
    return withValueAt(event, pathsOf(format).time, time.replace(foreignDigit, asciiDigit));
  },
  since: '2026-11-28',
  retireWhen: 'no penstock-android before 2.1.0 has been seen for 90 days',
  examples: examplesIn([2, 3], {
    ...{ client: 'penstock-android', version: '2.0.9', outside: '2.1.0' },
    broken: { deviceId: 'a-1', time: '٢٠٢٦-٠٦-٠١T١٠:٠٠:٠٠Z' },
    repaired: { deviceId: 'a-1', time: '2026-06-01T10:00:00Z' },
    healthy: { deviceId: 'a-1', time: '2026-06-01T10:00:00Z' },
  }),
};

function isShortText(time: JsonValue | undefined): time is string {
  return typeof time === 'string' && time.length <= timeLengthMax;
}

function asciiDigit(digit: string): string {
  const code = digit.charCodeAt(0);
  const zero = zeros.find((first) => code >= first && code < first + 10);
  return zero === undefined ? digit : String(code - zero);
}
