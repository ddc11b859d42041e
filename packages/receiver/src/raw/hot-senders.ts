import { createHmac } from 'node:crypto';
import type { Log, Metrics } from '@penstock/service';
import { recordUnits } from './backlog.ts';
import { FrequentItems } from './frequent-items.ts';

export const senderKinds = ['partition-key', 'network', 'api-key'] as const;
export type SenderKind = (typeof senderKinds)[number];

/** What one record is of. */
export interface SenderOfRecord {
  key: Buffer;
  partition: number;
  /** The bytes of the client's network as text. */
  network: string;
  /** The id of its API key, where one is asked for. */
  keyId: string | undefined;
}

export interface HotSender {
  kind: SenderKind;
  /** The id of an API key; of the others the first half of a salted HMAC, never themselves. */
  name: string;
  /** Its share of what all sent, at least. */
  percent: number;
  /** Of a partition key, and its share of that partition. */
  partition?: number;
  percentOfPartition?: number;
}

export interface HotSendersOptions {
  log: Log;
  keySalt: string;
  partitionCount: number;
  /** Who has so much of the load is hot; 1..100. */
  hotPercent: number;
}

const windowMs = 60_000;
/** A test bench that sends alone is no hot sender. */
const requestsMin = 1_000;
/** Finds whoever has more than a 128th. A name has 256 bytes at most: 100 KB for each kind. */
const entriesMax = 256;
const listedMax = 10;

/**
 * Which few partition keys, networks and API keys take most of the load (bytes, and 2 KiB for each request):
 * one key cannot have more than its partition can take. Looked at each minute; times are those of
 * `performance.now()`.
 */
export class HotSenders {
  readonly #o: HotSendersOptions;
  readonly #items: Record<SenderKind, FrequentItems>;
  readonly #partitionUnits: Float64Array;
  #requests = 0;
  #startedAt: number;
  #hot: readonly HotSender[] = [];
  #largest: readonly (readonly [SenderKind, number])[] = senderKinds.map((kind) => [kind, 0]);

  constructor(o: HotSendersOptions, now: number) {
    this.#o = o;
    this.#startedAt = now;
    this.#partitionUnits = new Float64Array(o.partitionCount);
    const items = (): FrequentItems => new FrequentItems(entriesMax);
    this.#items = { 'partition-key': items(), network: items(), 'api-key': items() };
  }

  /** Of the last whole minute. */
  hot(now: number): readonly HotSender[] {
    this.#lookIfDue(now);
    return this.#hot;
  }

  sent({ key, partition, network, keyId }: SenderOfRecord, bytes: number, now: number): void {
    this.#lookIfDue(now);
    const units = recordUnits(bytes);
    this.#requests += 1;
    this.#partitionUnits[partition]! += units;
    this.#items['partition-key'].add(`${partition} ${key.toString('latin1')}`, units);
    this.#items.network.add(network, units);
    if (keyId !== undefined) this.#items['api-key'].add(keyId, units);
  }

  declareMetrics(metrics: Metrics): void {
    metrics.gaugeOf(
      'hottest_sender_ratio',
      'The share of the load that one partition key, network or API key took in the last whole minute.',
      () => {
        this.#lookIfDue(performance.now());
        return this.#largest.map(([kind, share]) => [{ kind }, share] as const);
      },
    );
  }

  #lookIfDue(now: number): void {
    if (now - this.#startedAt >= windowMs) this.#look(now);
  }

  #look(now: number): void {
    const { log, hotPercent } = this.#o;
    const busy = this.#requests >= requestsMin;
    this.#hot = busy ? senderKinds.flatMap((kind) => this.#hotOf(kind, hotPercent / 100)) : [];
    this.#largest = senderKinds.map((kind) => [kind, busy ? this.#items[kind].largestShare : 0]);
    for (const sender of this.#hot) log.warn({ ...sender }, 'hot sender');
    for (const kind of senderKinds) this.#items[kind].clear();
    this.#partitionUnits.fill(0);
    this.#requests = 0;
    this.#startedAt = now;
  }

  #hotOf(kind: SenderKind, share: number): HotSender[] {
    const items = this.#items[kind];
    return items
      .atLeast(share)
      .slice(0, listedMax)
      .map(({ name, weight }): HotSender => {
        const percent = percentOf(weight, items.total);
        if (kind === 'api-key') return { kind, name, percent };
        if (kind === 'network') return { kind, name: this.#hidden(kind, name), percent };
        const space = name.indexOf(' ');
        const partition = Number(name.slice(0, space));
        const percentOfPartition = percentOf(weight, this.#partitionUnits[partition]!);
        const hidden = this.#hidden(kind, name.slice(space + 1));
        return { kind, name: hidden, percent, partition, percentOfPartition };
      });
  }

  /** The same in all Receivers of a datacenter. Whoever has the salt can tell if it is one they suspect. */
  #hidden(kind: SenderKind, name: string): string {
    const hmac = createHmac('sha256', this.#o.keySalt).update(`${kind}:`).update(name, 'latin1');
    return hmac.digest('hex').slice(0, 32);
  }
}

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((100 * part) / whole);
}
