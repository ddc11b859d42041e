import { writeAvroEvent } from '../formats/format-4/read-avro.ts';
import type { FormatHint } from '../model/raw-headers.ts';

/** A body made to cost more than it is worth. */
export interface HostileBody {
  readonly title: string;
  readonly contentType: string | null;
  readonly hint: FormatHint | null;
  readonly body: Buffer;
}

const json = 'application/json';
const lines = 'application/x-ndjson';
const form = 'application/x-www-form-urlencoded';

/** One body of about `bytes` for each way known to make a parser work. */
export function hostileBodies(bytes: number): HostileBody[] {
  return [...nested(bytes), ...crowded(bytes), ...numbers(bytes), ...strings(bytes), ...others(bytes)];
}

function nested(bytes: number): HostileBody[] {
  const half = bytes >> 1;
  return [
    of('arrays in arrays', json, repeat('[', half), repeat(']', half)),
    of('arrays in arrays, never closed', json, repeat('[', bytes)),
    of('objects in objects', json, repeat('{"a":', bytes / 6), '1', repeat('}', bytes / 6)),
    of('deep arrays, one after the other', json, '[', list(`${'['.repeat(15)}${']'.repeat(15)}`, bytes), ']'),
    of('brackets of an envelope', json, '{"events":[', repeat('[', half), repeat(']', half), ']}'),
    of('arrays in arrays on one line', lines, repeat('[', half), repeat(']', half)),
  ];
}

function crowded(bytes: number): HostileBody[] {
  const keys = (from: number, count: number, step: number): string =>
    Array.from({ length: count }, (_, i) => `"${from + i * step}":0`).join(',');
  const thousand = keys(0, 990, 1);
  return [
    of('zeros', json, '[', list('0', bytes), ']'),
    of('empty objects', json, '[', list('{}', bytes), ']'),
    of('one object of many keys', json, '{', list('"a":0', bytes), '}'),
    of('one object of many different keys', json, '{', keys(0, bytes / 12, 1), '}'),
    of('objects of a thousand keys like integers', json, '[', list(`{${thousand}}`, bytes), ']'),
    of('objects of keys with the same low bits', json, '[', list(`{${keys(0, 990, 65_536)}}`, bytes), ']'),
    of('the same key a thousand times', json, '[', list(`{${repeatText('"a":0', 990)}}`, bytes), ']'),
    of('events of a thousand small values', json, '[', list(`{"e":[${repeatText('1', 990)}]}`, bytes), ']'),
    of('an envelope of many keys', json, '{"events":[{}],', list('"a":0', bytes), '}'),
    of(
      'a large envelope of small events',
      json,
      '{"events":[',
      list('{"event_type":"a"}', 180_000),
      '],',
      envelope(),
    ),
    of('colons and commas', json, '[', repeat(':,', bytes / 2), ']'),
  ];
}

function envelope(): string {
  const names = Array.from({ length: 90 }, (_, i) => `"k${i}\\u0000":"${'v'.repeat(150)}"`).join(',');
  return `"client":{${names}}}`;
}

function numbers(bytes: number): HostileBody[] {
  const event = (number: string): string => `{"e":[${repeatText(number, 200)}]}`;
  return [
    of('one number of many digits', json, '[', repeat('1', bytes), ']'),
    of(
      'events of numbers of a thousand digits',
      json,
      '[',
      list(event(repeatText('1', 900, '')), bytes),
      ']',
    ),
    of('events of numbers near zero', json, '[', list(event('1e-400'), bytes), ']'),
    of('events of denormal numbers', json, '[', list(event('4.94065645841246544e-324'), bytes), ']'),
    of('events of numbers of a hundred digits', json, '[', list(event(`0.${'12'.repeat(49)}`), bytes), ']'),
    of('events of numbers that only just fit', json, '[', list(event('123456789012345e291'), bytes), ']'),
    of('one exponent of many digits', json, '[1e', repeat('1', bytes), ']'),
  ];
}

function strings(bytes: number): HostileBody[] {
  const event = (text: string): string => `{"e":"a","p_x":"${text}"}`;
  return [
    of('one huge string', json, '["', repeat('x', bytes), '"]'),
    of('one string that never ends', json, '["', repeat('x', bytes)),
    of('backslashes', json, '["', repeat('\\\\', bytes / 2), '"]'),
    of('events of escapes', json, '[', list(event('\\u0041'.repeat(10_000)), bytes), ']'),
    of('events of half surrogate pairs', json, '[', list(event('\\ud800'.repeat(10_000)), bytes), ']'),
    of('events of NUL', json, '[', list(event('\\u0000'.repeat(10_000)), bytes), ']'),
    of('events whose keys are equal when cleaned', json, '[', list(`{"e":"a",${lookalikes()}}`, bytes), ']'),
    of('strings as elements', json, '[', list('""', bytes), ']'),
    of('characters of four bytes', json, '[', list(event('😀'.repeat(10_000)), bytes), ']'),
    of('quotes', json, '[', repeat('"', bytes), ']'),
    of('white space', json, repeat(' ', bytes), '[]'),
    of('white space in an element', json, '[{', repeat('\n', bytes), '}]'),
  ];
}

/** k, k\0, k\0\0 and so on. */
function lookalikes(): string {
  return Array.from({ length: 300 }, (_, i) => `"k${'\\u0000'.repeat(i)}":0`).join(',');
}

function others(bytes: number): HostileBody[] {
  return [
    of('empty lines', lines, repeat('\n', bytes)),
    of('blank lines', lines, repeat(' \n', bytes / 2)),
    of('lines of one byte', lines, repeat('0\n', bytes / 2)),
    of('lines of one byte, too few to be too many', lines, repeat('0\n', 9_999)),
    of('one endless line', lines, repeat('x', bytes)),
    of('a query of ampersands', form, repeat('&', bytes)),
    of('a query of many parameters', form, repeat('a&', bytes / 2)),
    of('a query of percent signs', form, 'e=', repeat('%41', bytes / 3)),
    of('a query of plus signs', form, 'e=', repeat('+', bytes)),
    of('bytes that are not UTF-8', json, '["', Buffer.alloc(bytes, 0xff), '"]'),
    of('text of no type', null, repeat('{\n', bytes / 2)),
    ...avro(bytes),
  ];
}

function avro(bytes: number): HostileBody[] {
  const client = { name: null, version: null, platform: null, os: null, os_version: null, locale: null };
  const record = writeAvroEvent({
    ...{ event_id: Buffer.alloc(16, 1), event_type: 'a', occurred_at: 0, sent_at: null, client },
    ...{ user_id: null, device_id: null, session_id: null, screen: null, location: null, properties: {} },
  });
  const withMap = (map: Buffer): Buffer => Buffer.concat([record.subarray(0, -1), map]);
  const entries = bytes / 4;
  const oneByOne = Buffer.alloc(entries * 4, Buffer.of(2, 2, 0x61, 0));
  return [
    of(
      'an Avro map of many entries',
      'avro/binary',
      withMap(Buffer.concat([varint(2 * entries), repeat('\0\0', entries), Buffer.of(0)])),
    ),
    of('an Avro map of many blocks', 'avro/binary', withMap(Buffer.concat([oneByOne, Buffer.of(0)]))),
    of('Avro records', 'avro/binary', Buffer.alloc(Math.min(bytes, record.length * 10_000), record)),
    of(
      'a long Avro string',
      'avro/binary',
      withMap(Buffer.concat([Buffer.of(2), varint(2 * bytes), repeat('k', bytes), Buffer.of(0, 0)])),
    ),
  ];
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = Math.floor(value); ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) + 128);
  }
}

function of(title: string, contentType: string | null, ...parts: readonly (string | Buffer)[]): HostileBody {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return { title, contentType, hint: title.startsWith('events') ? '1' : null, body };
}

function repeat(text: string, times: number): Buffer {
  const unit = Buffer.from(text);
  return Buffer.alloc(unit.length * Math.floor(times), unit);
}

function repeatText(text: string, times: number, between = ','): string {
  return Array<string>(times).fill(text).join(between);
}

/** The same element again and again, with commas. */
function list(element: string, bytes: number): Buffer {
  const unit = Buffer.from(`${element},`);
  const times = Math.max(1, Math.floor(bytes / unit.length));
  return Buffer.alloc(unit.length * times, unit).subarray(0, -1);
}
