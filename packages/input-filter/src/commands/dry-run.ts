import { createPipeline, decodeBuiltInFields, type Event } from '@penstock/events';
import type { FilteredEvent, FilterTools } from '../request/filter-request.ts';
import { outcomesOf } from '../request/outcomes-of.ts';
import type { RawRecord } from '../request/raw-request.ts';

/** What the rules would make of some requests. Nothing is written, and nothing is de-duplicated. */
export interface DryRunReport {
  readonly requests: number;
  readonly events: number;
  readonly outcomes: { clean: number; rejected: number; unwanted: number };
  readonly reasons: Record<string, number>;
  /** Fixes and normalisations, by how many events they were applied to. */
  readonly fixes: Record<string, number>;
  /** Rules that stopped events. */
  readonly rules: Record<string, number>;
  /** The first events that a rule or a fix did something to, or that were stopped. */
  readonly details: EventDetail[];
}

export interface EventDetail {
  readonly offset: string;
  readonly index?: number;
  readonly outcome: 'clean' | 'rejected' | 'unwanted';
  readonly fixes: readonly string[];
  readonly reason?: string;
  readonly detail?: string;
  readonly rule?: string;
  /** What the fixes changed: each field without any fix and with them. */
  readonly changed?: Readonly<Record<string, readonly [without: unknown, fixed: unknown]>>;
}

/**
 * Filters requests as the service would, one after the other. Remembers a bounded number of events, and
 * counts all.
 */
export class DryRun {
  readonly report: DryRunReport = {
    requests: 0,
    events: 0,
    outcomes: { clean: 0, rejected: 0, unwanted: 0 },
    reasons: {},
    fixes: {},
    rules: {},
    details: [],
  };
  readonly #tools: FilterTools;
  readonly #withoutFixes: FilterTools;
  readonly #detailsMax: number;

  constructor(tools: FilterTools, detailsMax: number) {
    const { catalogue } = tools.pipeline;
    const disabledFixes = catalogue.fixes.map(({ id }) => id);
    this.#tools = tools;
    this.#withoutFixes = { ...tools, pipeline: createPipeline(catalogue, { disabledFixes }) };
    this.#detailsMax = detailsMax;
  }

  async add(record: RawRecord, topic: string, partition: number): Promise<void> {
    const report = this.report as { requests: number; events: number };
    const filtered = await outcomesOf(record, topic, partition, this.#tools);
    report.requests += 1;
    report.events += filtered.length;
    for (const event of filtered) this.#count(event);
    const noted = filtered.filter((event) => event.kind !== 'encoded' || event.fixes.length > 0);
    if (noted.length === 0 || this.report.details.length >= this.#detailsMax) return;
    const plain = await outcomesOf(record, topic, partition, this.#withoutFixes);
    for (const event of noted.slice(0, this.#detailsMax - this.report.details.length)) {
      const before = plain.find(({ index }) => index === event.index);
      this.report.details.push(detailOf(record.offset, event, before));
    }
  }

  #count(event: FilteredEvent): void {
    const { outcomes, reasons, fixes, rules } = this.report;
    outcomes[event.kind === 'encoded' ? 'clean' : event.kind] += 1;
    for (const fix of event.fixes) increment(fixes, fix);
    if (event.kind === 'encoded') return;
    increment(reasons, event.rejection.reason);
    if (event.rejection.rule !== undefined) increment(rules, event.rejection.rule);
  }
}

function detailOf(offset: bigint, event: FilteredEvent, before: FilteredEvent | undefined): EventDetail {
  const at = { offset: String(offset), ...(event.index !== undefined && { index: event.index }) };
  if (event.kind !== 'encoded') {
    const { reason, detail, rule } = event.rejection;
    return {
      ...at,
      outcome: event.kind,
      fixes: event.fixes,
      reason,
      detail,
      ...(rule !== undefined && { rule }),
    };
  }
  const { fixes } = event;
  if (before?.kind !== 'encoded')
    return { ...at, outcome: 'clean', fixes, detail: 'without the fixes it would not be clean' };
  return {
    ...at,
    outcome: 'clean',
    fixes,
    changed: differences(decodeBuiltInFields(before.encoded), decodeBuiltInFields(event.encoded)),
  };
}

/** By the path of each field, e.g. `properties.price`. */
function differences(before: Event, after: Event): Record<string, readonly [unknown, unknown]> {
  const [was, is] = [flat(before), flat(after)];
  const changed: Record<string, readonly [unknown, unknown]> = {};
  for (const path of new Set([...was.keys(), ...is.keys()])) {
    const pair = [was.get(path) ?? null, is.get(path) ?? null] as const;
    if (!path.startsWith('fixes') && pair[0] !== pair[1]) changed[path] = pair;
  }
  return changed;
}

function flat(value: unknown, path = '', into = new Map<string, unknown>()): Map<string, unknown> {
  if (value instanceof Map) return flat(Object.fromEntries(value), path, into);
  if (value instanceof Uint8Array) return into.set(path, Buffer.from(value).toString('hex'));
  if (typeof value !== 'object' || value === null)
    return into.set(path, typeof value === 'bigint' ? String(value) : value);
  for (const [key, inside] of Object.entries(value)) flat(inside, path === '' ? key : `${path}.${key}`, into);
  return into;
}

function increment(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
