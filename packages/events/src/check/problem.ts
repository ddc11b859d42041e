/** One thing that is wrong with a catalogue, for whoever writes it. */
export interface CatalogueProblem {
  /** An error keeps the catalogue from being used, or events from being right. A warning does not. */
  readonly severity: 'error' | 'warning';
  /** Where: `fixes[19] 'old-till'.clients[0].versions`. */
  readonly at: string;
  readonly found: string;
  readonly expected: string;
  /** What to do about it. */
  readonly action: string;
}

/** Problems are added where they are found; `errors` says whether there is any that counts. */
export class Problems {
  readonly all: CatalogueProblem[] = [];

  get errors(): number {
    return this.all.filter(({ severity }) => severity === 'error').length;
  }

  error(at: string, found: string, expected: string, action: string): void {
    this.all.push({ severity: 'error', at, found, expected, action });
  }

  warning(at: string, found: string, expected: string, action: string): void {
    this.all.push({ severity: 'warning', at, found, expected, action });
  }
}

const shownMax = 160;

/** A value in a line of text, cut where it is long. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'symbol') return String(value);
  const text = JSON.stringify(value, (_, inner: unknown) => {
    if (typeof inner === 'function') return 'a function';
    return typeof inner === 'bigint' ? `${inner}n` : inner;
  });
  if (text === undefined) return typeof value;
  return text.length > shownMax ? `${text.slice(0, shownMax)}...` : text;
}

/** What a function of the catalogue answered, or that it threw. */
export function attempt<T>(act: () => T): { readonly value: T } | { readonly threw: string } {
  try {
    return { value: act() };
  } catch (error) {
    return { threw: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}
