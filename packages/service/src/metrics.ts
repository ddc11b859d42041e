import { collectDefaultMetrics, Registry, type Metric } from 'prom-client';

/**
 * A label with all values it can take, known when the metric is declared: never an id, an address or a user
 * agent. With several names, each value has a part for each, joined by slashes: `datacenter/hop` and
 * `fra/clean`.
 */
export interface Label {
  name: string;
  values: readonly string[];
}

export interface MetricsOptions {
  /** A worker thread's memory, from `share()` of the main thread's metrics. */
  cells?: SharedArrayBuffer;
}

/**
 * One number for each set of labels, e.g. the lag of each partition that is assigned now:
 * `[{ topic: 'raw', partition: '3' }, 12]`.
 */
export type Reading = Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>;

const cellsPerThread = 4096;

/**
 * Hot counters are cells of one typed array, written by one thread with a plain addition: no library, no
 * lock, no allocation per event. prom-client only formats them when somebody asks.
 *
 * Worker threads: every thread declares the same metrics in the same order (one
 * `declare...Metrics(metrics)` function per package), so a cell has the same meaning everywhere; the main
 * thread sums its own cells and those it shared.
 */
export class Metrics {
  readonly #prefix: string;
  readonly #registry = new Registry();
  readonly #memory: SharedArrayBuffer;
  readonly #cells: Float64Array;
  readonly #shared: Float64Array[] = [];
  #used = 0;

  /** `service` as in `receiver`: names become `penstock_receiver_<what>_<unit>`. */
  constructor(service: string, o: MetricsOptions = {}) {
    this.#prefix = `penstock_${service.replaceAll('-', '_')}_`;
    this.#memory = o.cells ?? new SharedArrayBuffer(cellsPerThread * Float64Array.BYTES_PER_ELEMENT);
    this.#cells = new Float64Array(this.#memory);
    if (!o.cells) collectDefaultMetrics({ register: this.#registry });
  }

  /** Memory for the metrics of one more thread, from now on part of every sum. */
  share(): SharedArrayBuffer {
    const memory = new SharedArrayBuffer(this.#memory.byteLength);
    this.#shared.push(new Float64Array(memory));
    return memory;
  }

  /** A number that only grows. The name ends in `_total`. */
  counter(name: string, help: string, label?: Label): Counter {
    const first = this.#take(label?.values.length ?? 1);
    const counter = new Counter(this.#cells, first, label);
    this.#register(name, help, 'counter', () => this.#values(first, label));
    return counter;
  }

  /** A number that this thread sets; threads are summed. */
  gauge(name: string, help: string, label?: Label): Gauge {
    const first = this.#take(label?.values.length ?? 1);
    const gauge = new Gauge(this.#cells, first, label);
    this.#register(name, help, 'gauge', () => this.#values(first, label));
    return gauge;
  }

  /** A number that is read when somebody asks. Declare it in the main thread, after the shared ones. */
  gaugeOf(name: string, help: string, read: () => number | Reading): void {
    this.#register(name, help, 'gauge', () => samplesOf(read()));
  }

  /** As `gaugeOf`, of a number that somebody else counts and that only grows. The name ends in `_total`. */
  counterOf(name: string, help: string, read: () => number | Reading): void {
    this.#register(name, help, 'counter', () => samplesOf(read()));
  }

  /** A constant 1 whose labels say what is otherwise no number. Declare it in the main thread. */
  info(name: string, help: string, labels: Readonly<Record<string, string>>): void {
    this.#register(name, help, 'gauge', () => [{ labels: { ...labels }, value: 1 }]);
  }

  /** Durations in seconds, or sizes: `bounds` are the upper limits of the buckets, ascending. */
  histogram(name: string, help: string, bounds: readonly number[], label?: Label): Histogram {
    const width = bounds.length + 2;
    const first = this.#take(width * (label?.values.length ?? 1));
    const histogram = new Histogram(this.#cells, first, bounds, label);
    this.#register(name, help, 'histogram', () => {
      const each = label?.values ?? [''];
      return each.flatMap((value, index) =>
        this.#buckets(`${this.#prefix}${name}`, first + index * width, bounds, labelled(label?.name, value)),
      );
    });
    return histogram;
  }

  /** The text format of Prometheus. */
  exposition(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #take(count: number): number {
    const first = this.#used;
    this.#used += count;
    if (this.#used > this.#cells.length) throw new RangeError(`more than ${this.#cells.length} metric cells`);
    return first;
  }

  #sum(cell: number): number {
    return this.#shared.reduce((sum, cells) => sum + (cells[cell] ?? 0), this.#cells[cell] ?? 0);
  }

  #values(first: number, label: Label | undefined): Sample[] {
    const each = label?.values ?? [''];
    return each.map((value, index) => ({
      labels: labelled(label?.name, value),
      value: this.#sum(first + index),
    }));
  }

  #buckets(name: string, first: number, bounds: readonly number[], labels: Record<string, string>): Sample[] {
    let count = 0;
    const samples = [...bounds.map(String), '+Inf'].map((le, index): Sample => {
      count += this.#sum(first + index);
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
    });
    const sum = this.#sum(first + bounds.length + 1);
    return [
      ...samples,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }

  #register(name: string, help: string, type: string, values: () => Sample[]): void {
    const fullName = `${this.#prefix}${name}`;
    // The registry needs a name and get() only (prom-client 15, lib/registry.js); its type asks for its own
    // classes.
    const metric = { name: fullName, get: () => ({ name: fullName, help, type, values: values() }) };
    this.#registry.registerMetric(metric as unknown as Metric<string>);
  }
}

interface Sample {
  metricName?: string;
  labels: Record<string, string>;
  value: number;
}

class Cells {
  protected readonly cells: Float64Array;
  readonly #first: number;
  readonly #slots: Map<string, number>;

  constructor(cells: Float64Array, first: number, label: Label | undefined) {
    this.cells = cells;
    this.#first = first;
    this.#slots = new Map((label?.values ?? ['']).map((value, index) => [value, index]));
  }

  /**
   * The position of a label value among those declared. An undeclared value is a bug: it throws a
   * RangeError.
   */
  protected slot(labelValue: string): number {
    const slot = this.#slots.get(labelValue);
    if (slot === undefined) throw new RangeError(`'${labelValue}' is not a declared label value`);
    return slot;
  }

  protected at(labelValue: string): number {
    return this.#first + this.slot(labelValue);
  }

  protected from(labelValue: string, width: number): number {
    return this.#first + this.slot(labelValue) * width;
  }
}

export class Counter extends Cells {
  add(count: number, labelValue = ''): void {
    this.cells[this.at(labelValue)]! += count;
  }

  /** What this thread has counted. */
  value(labelValue = ''): number {
    return this.cells[this.at(labelValue)]!;
  }
}

export class Gauge extends Cells {
  set(value: number, labelValue = ''): void {
    this.cells[this.at(labelValue)] = value;
  }
}

export class Histogram extends Cells {
  readonly #bounds: readonly number[];

  constructor(cells: Float64Array, first: number, bounds: readonly number[], label: Label | undefined) {
    super(cells, first, label);
    this.#bounds = bounds;
  }

  /** `times`: as many observations of the same value, e.g. one call for a whole batch. */
  observe(value: number, labelValue = '', times = 1): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
    const first = this.from(labelValue, bounds.length + 2);
    this.cells[first + bucket]! += times;
    this.cells[first + bounds.length + 1]! += value * times;
  }
}

/** Buckets for what takes from a millisecond to ten minutes, an outage included. */
export const secondsBounds = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600,
] as const;

function samplesOf(reading: number | Reading): Sample[] {
  if (typeof reading === 'number') return [{ labels: {}, value: reading }];
  return Array.from(reading, ([labels, value]) => ({ labels: { ...labels }, value }));
}

function labelled(name: string | undefined, value: string): Record<string, string> {
  if (name === undefined) return {};
  const names = name.split('/');
  if (names.length === 1) return { [name]: value };
  const parts = value.split('/');
  return Object.fromEntries(names.map((one, index) => [one, parts[index] ?? '']));
}
