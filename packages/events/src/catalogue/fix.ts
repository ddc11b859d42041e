import type { FormatNumber } from '../model/request.ts';
import type { JsonObject } from '../model/json.ts';

/**
 * repair: the event is changed and goes on. redact: something is taken out and the event goes on. unwanted:
 * the event goes to events.rejected without an alarm. quarantined: it goes there with an alarm. (All but
 * repair follow Mozilla's message scrubber.)
 */
export type FixOutcome = 'repair' | 'redact' | 'unwanted' | 'quarantined';

export interface FixContext {
  readonly format: FormatNumber;
  readonly receivedAtMs: number;
}

/**
 * One known bug of one kind of client, and what is done about it. A fix sees the event in the client's own
 * format, before the strict reader and the upgrades, because the bug exists in that shape. Everything after
 * it sees correct input only. A fix is pure (no clock, no I/O, no state, and it does not change the event
 * it is given) and total (it accepts any JSON object).
 */
export interface Fix {
  /** In kebab-case. Never reuse one: ids are stored in events. */
  readonly id: string;
  /** Where the bug is described. */
  readonly issue: string;
  /** `versions` is a semver range. '*' is every version, even one that semver cannot read. */
  readonly clients: readonly { readonly name: string; readonly versions: string }[];
  /** Event types, or null for all. */
  readonly types: readonly string[] | null;
  readonly formats: readonly FormatNumber[];
  /**
   * The names of properties, without one of which `detect` always says no. Events without them need not be
   * parsed for this fix: they stay on the fast path.
   */
  readonly onlyProperties?: readonly string[];
  readonly outcome: FixOutcome;
  /** True when the event shows the bug. Keep it cheap: it runs for every event of the named clients. */
  readonly detect: (event: JsonObject, context: FixContext) => boolean;
  /** Called only after `detect` said yes, and never for unwanted and quarantined, which stop the event. */
  readonly apply: (event: JsonObject, context: FixContext) => JsonObject;
  /** The date of the first release with this fix, YYYY-MM-DD. */
  readonly since: string;
  /** What must be true before the fix can be removed. */
  readonly retireWhen: string;
  /** For the seven checks that every fix passes: at least one for each of its formats. */
  readonly examples: readonly FixExamples[];
}

export interface FixExamples {
  readonly format: FormatNumber;
  readonly receivedAtMs: number;
  /** Shows the bug. */
  readonly broken: JsonObject;
  /** What `apply` makes of it, or null when the event is stopped. */
  readonly repaired: JsonObject | null;
  /** The same bug from a client just outside the version range. It stays as it is. */
  readonly outside: JsonObject;
  /** The named client without the bug. It stays as it is. */
  readonly healthy: JsonObject;
}
