import { parseTime } from '@penstock/events';
import { UsageError, type GivenFlags } from '@penstock/service';

/** The moment that a flag names, ms since 1970; undefined when it is not given. Throws UsageError. */
export function timeOf(given: GivenFlags, flag: string): number | undefined {
  const text = given.text(flag);
  if (text === undefined) return undefined;
  const ms = parseTime(text);
  if (ms !== null && ms >= 0) return ms;
  const example = '2026-05-31T12:00:00Z';
  throw new UsageError(`--${flag} needs a time with its offset, such as ${example}, or ms, not '${text}'`);
}
