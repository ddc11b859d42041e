import { builtInFixes } from '../fixes/built-in-fixes.ts';
import type { BuiltInFormat } from '../model/request.ts';
import { sampleRequests } from './sample-requests.ts';

/** One request of the golden corpus. */
export interface CorpusRequest {
  readonly title: string;
  readonly contentType: string | null;
  readonly body: Buffer;
  readonly receivedAtMs: number;
}

const nowMs = Date.UTC(2026, 10, 23, 12);
const json = 'application/json';
const form = 'application/x-www-form-urlencoded';
const lines = 'application/x-ndjson';

/** What clients of one format send: samples, the bugs that fixes know, and what is odd but decided. */
export function corpusOf(format: BuiltInFormat): CorpusRequest[] {
  const samples = sampleRequests({ nowMs })
    .filter(({ hint }) => hint === String(format))
    .map(({ title, contentType, body }) => ({ title, contentType, body, receivedAtMs: nowMs }));
  const bugs = builtInFixes.flatMap(({ id, examples }) =>
    examples
      .filter((example) => example.format === format)
      .map(({ broken, receivedAtMs }, index) => ({
        title: `the bug ${id}, ${index + 1}`,
        contentType: json,
        body: Buffer.from(JSON.stringify(broken)),
        receivedAtMs,
      })),
  );
  const odd = oddities[format].map(([title, contentType, body]) => ({
    ...{ title, contentType, body: Buffer.from(body), receivedAtMs: nowMs },
  }));
  return [...samples, ...bugs, ...odd];
}

type Oddity = readonly [title: string, contentType: string | null, body: string];

const oddities: Readonly<Record<BuiltInFormat, readonly Oddity[]>> = {
  1: [
    ['empty parameters', form, 'e=page_view&eid=&dtm=&res=&lat=&lon=&p_note='],
    ['raw characters in a query', form, 'e=page_view&p_title=Größe&p_東=京'],
    ['JSON sent as a form', form, '{"e":"page_view","p_n":"1"}'],
    ['a key twice', form, 'e=a&e=b'],
    ['a property named __proto__', form, 'e=a&p___proto__=x'],
    ['digits as a time', json, '[{"e":"a","dtm":"1795435198000"},{"e":"a","dtm":"soon"}]'],
  ],
  2: [
    [
      'numbers that a double loses',
      json,
      number('9007199254740993.0', '1e-400', '12345678901234567890', '-0'),
    ],
    ['nested properties', json, '{"event":"a","properties":{"x":{"y":[1,-0,"z"]},"n":null}}'],
    ['empty texts', json, '{"event":"a","id":"","timestamp":"","context":{"device":{"id":""}}}'],
    [
      'times without an offset, and impossible ones',
      json,
      times('2026-11-23T11:00:00', '2026-02-30T11:00:00Z'),
    ],
    ['an array with a broken element', json, '[{"event":"a"},{"event":NaN},{"event":"b"}]'],
  ],
  3: [
    ['a clock that is a day slow', json, batch('2026-11-22T12:00:00Z', '2026-11-22T11:00:00Z')],
    ['an absurd time of sending', json, batch('9999-01-01T00:00:00Z', '2026-11-23T11:00:00Z')],
    [
      'half surrogates and NUL',
      json,
      '{"batch":[{"type":"a","properties":{"k\\u0000":"\\ud800","k":"b\\u0000"}}]}',
    ],
    ['an envelope with an unknown key', json, '{"batch":[{"type":"a"}],"surprise":1}'],
  ],
  4: [
    ['byte order marks before lines', lines, '\uFEFF{"event_type":"a"}\n\uFEFF{"event_type":"b"}\n\n'],
    ['lines that are not events', lines, '{"event_type":"a"}\n7\n{"event_type":\n{"event_type":"a","x":1}'],
    [
      'names that every object inherits',
      json,
      '{"event_type":"a","properties":{"constructor":1,"toString":2}}',
    ],
    ['a bomb of brackets', json, `${'['.repeat(5_000)}${']'.repeat(5_000)}`],
    ['a screen and a location that cannot be', json, impossible()],
    ['a text of no type', null, '{"event_type":"a"}\n{"event_type":"b"}'],
  ],
};

function number(...texts: readonly string[]): string {
  return `{"event":"a","properties":{${texts.map((text, i) => `"n${i}":${text}`).join(',')}}}`;
}

function times(...texts: readonly string[]): string {
  return JSON.stringify(texts.map((timestamp) => ({ event: 'a', timestamp })));
}

function batch(sentAt: string, time: string): string {
  return JSON.stringify({ sent_at: sentAt, batch: [{ type: 'a', device_id: 'd', time }] });
}

function impossible(): string {
  const screen = { width: 0, height: 1 };
  return JSON.stringify({ event_type: 'a', screen, location: { lat: 91, lon: 0 } });
}
