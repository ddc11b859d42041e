import { LedgerError } from './ledger-error.ts';

/** The fields of a JSON object, each checked as it is read. Errors name the field. */
export class JsonFields {
  readonly #values: Record<string, unknown>;
  readonly #name: string;

  constructor(value: unknown, name: string) {
    if (typeof value !== 'object' || value === null) throw corrupt(name, 'an object');
    this.#values = value as Record<string, unknown>;
    this.#name = name;
  }

  static parse(bytes: Uint8Array, name: string): JsonFields {
    try {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
      return new JsonFields(JSON.parse(text), name);
    } catch (cause) {
      if (cause instanceof LedgerError) throw cause;
      throw new LedgerError('CORRUPT_RECORD', `The ${name} is not JSON`, { cause });
    }
  }

  string(name: string): string {
    const value = this.#values[name];
    if (typeof value !== 'string') throw corrupt(`${this.#name}.${name}`, 'a string');
    return value;
  }

  stringOrNull(name: string): string | null {
    return this.#values[name] === null ? null : this.string(name);
  }

  integer(name: string): number {
    const value = this.#values[name];
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw corrupt(`${this.#name}.${name}`, 'a natural number');
    }
    return value as number;
  }

  list(name: string): JsonFields[] {
    const value = this.#values[name];
    if (!Array.isArray(value)) throw corrupt(`${this.#name}.${name}`, 'a list');
    return value.map((entry, index) => new JsonFields(entry, `${this.#name}.${name}[${index}]`));
  }
}

function corrupt(field: string, expected: string): LedgerError {
  return new LedgerError('CORRUPT_RECORD', `Ledger: ${field} is not ${expected}`);
}
