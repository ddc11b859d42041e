import { expect, test } from 'vitest';
import { correctTime } from './correct-time.ts';
import { parseTime } from './parse-time.ts';
import { defaultRules } from '../catalogue/rules.ts';

const second = 1_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const received = Date.UTC(2026, 10, 23, 12);
const utc1970 = Date.UTC(1970, 0, 17);

test.each([
  ['no time at all', null, null, 0, 'server'],
  ['no time, but a send time', null, received, 0, 'server'],
  ['an honest clock without send time', received - hourMs, null, -hourMs, 'trusted'],
  ['an honest clock with send time', received - hourMs, received - second, -hourMs, 'trusted'],
  ['a clock that is a day slow', received - dayMs - hourMs, received - dayMs, -hourMs, 'corrected'],
  [
    'a clock that is a year fast',
    received + 365 * dayMs - hourMs,
    received + 365 * dayMs,
    -hourMs,
    'corrected',
  ],
  ['a clock in 1970, before and at the sending', utc1970 - hourMs, utc1970, -hourMs, 'corrected'],
  ['a clock in 1970 that was set before the sending', utc1970, received, 0, 'server'],
  ['the same with a clock that is off', utc1970, received - dayMs, 0, 'server'],
  ['sent before it happened, by a clock that is off', received - hourMs, received - 2 * hourMs, 0, 'server'],
  ['1970 without send time', utc1970, null, 0, 'server'],
  ['1901', Date.UTC(1901, 11, 13), null, 0, 'server'],
  ['the year 9999', Date.UTC(9999, 0, 1), null, 0, 'server'],
  ['a few seconds ahead', received + 3 * second, null, 3 * second, 'trusted'],
  ['an hour ahead', received + hourMs, null, 0, 'clamped'],
  ['more than a day ahead', received + dayMs + 1, null, 0, 'server'],
  ['older than the window', received - 500 * dayMs, null, -400 * dayMs, 'clamped'],
  ['an hour ago, sent in the year 9999', received - hourMs, Date.UTC(9999, 0, 1), -hourMs, 'trusted'],
  ['an hour ago, sent in 1970', received - hourMs, 5, -hourMs, 'trusted'],
  ['an hour ago, sent two years from now', received - hourMs, received + 730 * dayMs, -hourMs, 'trusted'],
  ['an hour ahead, sent in the year 9999', received + hourMs, Date.UTC(9999, 0, 1), 0, 'clamped'],
  ['1970, sent in the year 9999', utc1970, Date.UTC(9999, 0, 1), 0, 'server'],
  [
    'a clock that is two years slow',
    received - 730 * dayMs - hourMs,
    received - 730 * dayMs,
    -hourMs,
    'corrected',
  ],
  ['a clock in the year 9998', Date.UTC(9998, 0, 1) - hourMs, Date.UTC(9998, 0, 1), -hourMs, 'corrected'],
  [
    'older than the window by a clock that is off',
    received - 600 * dayMs,
    received - dayMs,
    -400 * dayMs,
    'clamped',
  ],
] as const)('%s', (_title, occurredMs, sentMs, offsetMs, quality) => {
  const corrected = correctTime({ occurredMs, sentMs, receivedMs: received }, defaultRules);
  expect(corrected).toEqual({ occurredMs: received + offsetMs, quality });
});

test.each([
  ['2026-11-23T12:00:00Z', received],
  ['2026-11-23T12:00:00.123Z', received + 123],
  ['2026-11-23T12:00:00.123456789Z', received + 123],
  ['2026-11-23T14:00:00+02:00', received],
  ['2026-11-23T06:30:00-0530', received],
  ['2026-11-23T13+01', null],
  ['2026-11-23T13:00+01', received],
  ['2026-11-23 12:00:00Z', received],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['1969-12-31T23:59:59.999Z', -1],
  ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
  ['2026-02-29T00:00:00Z', null],
  ['2026-11-31T00:00:00Z', null],
  ['2026-13-01T00:00:00Z', null],
  ['2026-11-23T24:00:00Z', null],
  ['2026-11-23T12:00:00', null],
  ['2026-11-23T12:00:00Zjunk', null],
  ['10013-01-01T00:00:00Z', null],
  ['٢٠٢٦-11-23T12:00:00Z', null],
  ['2026-11-23T12:00:00.Z', received],
  ['', null],
  [received, received],
  [received + 0.7, received],
  [9e15, null],
  ['1795435200000', received],
  ['-1', -1],
  ['5', 5],
  ['retry 3', null],
  ['23 Nov 2026 12:00:00 GMT', null],
  ['2026-11-23', null],
  ['2026-02-30T12:00:00Z', null],
  [1.795e15, null],
  [-8.64e15, null],
  ['1795435200000000', null],
  ['+1795435200000', null],
  ['0x5', null],
  [253_402_300_799_999, 253_402_300_799_999],
  [253_402_300_800_000, null],
  [Number.NaN, null],
  [true, null],
  [undefined, null],
] as const)('the time %j', (text, expected) => {
  expect(parseTime(text)).toBe(expected);
});

test('what Date.parse and we both read, we read alike', () => {
  for (let day = -40_000; day < 40_000; day += 37) {
    const text = new Date(day * dayMs + day * 1_234).toISOString();
    expect(parseTime(text)).toBe(text.length === 24 ? Date.parse(text) : null);
  }
});
