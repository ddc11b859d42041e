import type { JsonValue } from '../model/json.ts';

/** The years 0 to 9999: what four digits can write. */
const timeMinMs = -62_167_219_200_000;
const timeMaxMs = 253_402_300_799_999;

/**
 * Milliseconds since 1970 of a client's time, in the years 0 to 9999: a number of milliseconds, its digits
 * as text, or ISO 8601 with an offset. Null for everything else. The one reader of times, for bodies and
 * headers. It is stricter than Date.parse, which reads 30 February as 2 March, `retry 3` as a day in 2001,
 * and a time without an offset as one in the server's zone.
 */
export function parseTime(value: JsonValue | undefined): number | null {
  if (typeof value === 'number') return withinYears(Math.trunc(value));
  if (typeof value !== 'string') return null;
  return /^-?\d{1,15}$/.test(value) ? withinYears(Number(value)) : withinYears(parseIsoTime(value));
}

function withinYears(ms: number | null): number | null {
  return ms !== null && ms >= timeMinMs && ms <= timeMaxMs ? ms + 0 : null;
}

function parseIsoTime(text: string): number | null {
  if (text.length < 17 || text[4] !== '-' || text[7] !== '-' || text[13] !== ':') return null;
  if (text[10] !== 'T' && text[10] !== ' ' && text[10] !== 't') return null;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const rest = secondsAndZone(text, 16);
  if (rest === null || year < 0 || minute < 0 || minute > 59 || hour < 0 || hour > 23) return null;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  const dayNumber = daysSince1970(year, month, day);
  return ((dayNumber * 24 + hour) * 60 + minute) * 60_000 + rest;
}

/**
 * Milliseconds of `:SS.fff` less the offset after it. A leap second counts as the first of the next minute.
 */
function secondsAndZone(text: string, start: number): number | null {
  let at = start;
  let milliseconds = 0;
  if (text[at] === ':') {
    const second = digits(text, at + 1, at + 3);
    if (second < 0 || second > 60) return null;
    milliseconds = second * 1000;
    at += 3;
    if (text[at] === '.' || text[at] === ',') {
      let scale = 100;
      for (at++; isDigit(text.charCodeAt(at)); at++) {
        milliseconds += (text.charCodeAt(at) - 0x30) * scale;
        scale /= 10;
      }
    }
  }
  const zone = zoneOffsetMs(text, at);
  return zone === null ? null : Math.trunc(milliseconds) - zone;
}

/** Z, +02:00, +0200 or +02, up to the end of the text. */
function zoneOffsetMs(text: string, at: number): number | null {
  const sign = text[at];
  if (sign === 'Z' || sign === 'z') return at + 1 === text.length ? 0 : null;
  if (sign !== '+' && sign !== '-') return null;
  const minutesAt = text[at + 3] === ':' ? at + 4 : at + 3;
  const hours = digits(text, at + 1, at + 3);
  const minutes = text.length === at + 3 ? 0 : digits(text, minutesAt, minutesAt + 2);
  if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) return null;
  if (text.length !== at + 3 && text.length !== minutesAt + 2) return null;
  return (sign === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** The number at these positions, or -1. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (!isDigit(code)) return -1;
    value = value * 10 + (code - 0x30);
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Proleptic Gregorian. Years begin in March, so that leap days come last (Hinnant, "days_from_civil"). */
function daysSince1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return 365 * y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}
