import { UsageError } from '../errors.ts';

/** The flags of one command line. A switch is there or not; a flag with a value has one. */
export class GivenFlags {
  /** The word after the command, where it takes one. */
  readonly operand: string | undefined;
  readonly #values: ReadonlyMap<string, string | true>;

  constructor(values: ReadonlyMap<string, string | true> = new Map(), operand?: string) {
    this.#values = values;
    this.operand = operand;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === true ? undefined : value;
  }

  /** Offsets are 64 bits wide. Throws UsageError for anything but digits. */
  wholeNumber(name: string): bigint | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,18}$/.test(value)) throw new UsageError(`--${name} needs a whole number, not '${value}'`);
    return BigInt(value);
  }

  /** Throws UsageError unless exactly one of these was given; answers its name. */
  oneOf(...names: readonly string[]): string {
    const given = names.filter((name) => this.has(name));
    const [only] = given;
    if (only !== undefined && given.length === 1) return only;
    const all = names.map((name) => `--${name}`).join(', ');
    throw new UsageError(given.length === 0 ? `one of ${all} is needed` : `give only one of ${all}`);
  }
}
