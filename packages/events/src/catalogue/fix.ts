import type { FormatNumber } from '../model/request.ts';
import type { JsonObject } from '../model/json.ts';

/**
 * repair: changed, passes. redact: something taken out, passes. unwanted: to events.rejected, not alarmed.
 * quarantined: to events.rejected, alarmed. (Four of them after Mozilla's message scrubber; repair is ours.)
 */
export type FixOutcome = 'repair' | 'redact' | 'unwanted' | 'quarantined';

export interface FixContext {
  readonly format: FormatNumber;
  readonly receivedAtMs: number;
}

/**
 * One known bug of one kind of client, and what is done about it. It sees the event in the client's own format, before
 * the strict reader and the upgrades: the bug exists in that shape, and everything after sees correct input only.
 * Pure: no clock, no I/O, no state; the event given is not changed. Total: any JSON object may come.
 */
export interface Fix {
  /** kebab-case, never used twice: it is stored in events. */
  readonly id: string;
  /** Where the bug is described. */
  readonly issue: string;
  /** `versions` is a semver range; '*' is any version, readable as one or not. */
  readonly clients: readonly { readonly name: string; readonly versions: string }[];
  /** Event types; null is all. */
  readonly types: readonly string[] | null;
  readonly formats: readonly FormatNumber[];
  readonly outcome: FixOutcome;
  /** Does this event show the bug? Cheap: it runs for every event of the clients named. */
  readonly detect: (event: JsonObject, context: FixContext) => boolean;
  /** Called only when detected. For unwanted and quarantined the event is stopped, and this is not called. */
  readonly apply: (event: JsonObject, context: FixContext) => JsonObject;
  /** Date of the first release with it, YYYY-MM-DD. */
  readonly since: string;
  /** What has to be true before it can go. */
  readonly retireWhen: string;
  /** For the seven checks that every fix passes. */
  readonly examples: FixExamples;
}

export interface FixExamples {
  readonly format: FormatNumber;
  readonly receivedAtMs: number;
  /** Shows the bug. */
  readonly broken: JsonObject;
  /** What `apply` makes of it; null when the event is stopped. */
  readonly repaired: JsonObject | null;
  /** The same bug from a client just outside the version range: stays as it is. */
  readonly outside: JsonObject;
  /** The named client without the bug: stays as it is. */
  readonly healthy: JsonObject;
}
