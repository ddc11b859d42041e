import {
  contentHash,
  dedupKey,
  eventIdPosition,
  eventTypeOf,
  refuse,
  type IpPrivacy,
} from '@penstock/events';
import type { DedupWindow } from '../dedup/dedup-window.ts';
import { EventKey } from '../dedup/event-key.ts';
import { emptyTally, type Tally } from '../dedup/tally.ts';
import type { EncodedEvent, FilteredEvent, StoppedEvent } from '../request/filter-request.ts';
import type { OriginalBytes } from '../request/original-bytes.ts';
import { Poison } from '../request/poison.ts';
import { rejectedRecord, type RejectedSource, type Rejection } from '../request/rejected-record.ts';
import type { FilterTopics } from '../topics.ts';
import type { DuplicateSamples } from './duplicate-samples.ts';
import type { OutputBatches } from './output-batches.ts';

/** The raw record that events were made from. */
export interface OutcomeSource extends RejectedSource {
  readonly originals: OriginalBytes;
  /**
   * Timestamp of its events in clean, instead of their received_at: retention goes by it, and would delete
   * what was received long ago and is replayed now before anybody has read it.
   */
  readonly cleanMs?: number;
}

/** What the open transaction holds of one partition, for the counters. They count it once it is committed. */
export interface OpenOutcomes {
  readonly tally: Tally;
  readonly reasons: Map<string, number>;
  readonly fixes: Map<string, number>;
  /** Rules (ids of fixes) that stopped an event. */
  readonly rules: Map<string, number>;
}

/**
 * The last step for the events of one partition: drops duplicates, and turns everything else into records of
 * clean or rejected. Each event has exactly one outcome.
 */
export class OutcomeWriter {
  readonly poison = new Poison();
  readonly #window: DedupWindow;
  readonly #outputs: OutputBatches;
  readonly #topics: FilterTopics;
  readonly #hasRoutes: boolean;
  readonly #ipPrivacy: IpPrivacy;
  readonly #samples: DuplicateSamples;
  #open = noOutcomes();

  constructor(
    window: DedupWindow,
    outputs: OutputBatches,
    topics: FilterTopics,
    ipPrivacy: IpPrivacy,
    samples: DuplicateSamples,
  ) {
    this.#window = window;
    this.#outputs = outputs;
    this.#topics = topics;
    this.#hasRoutes = Object.keys(topics.routes).length > 0;
    this.#ipPrivacy = ipPrivacy;
    this.#samples = samples;
  }

  get open(): OpenOutcomes {
    return this.#open;
  }

  /** The next transaction begins. */
  clear(): void {
    this.#open = noOutcomes();
  }

  write(event: FilteredEvent, source: OutcomeSource): void {
    if (event.kind !== 'encoded') return this.#reject(event, source);
    const refused = this.poison.reasonFor(source.offset, event.index);
    if (refused === undefined) return this.#keepOne(event, source);
    // Kafka refused this very event in an earlier try of the same transaction.
    const { index, span } = event;
    const rejection = refuse('not-written', refused);
    this.#reject({ kind: 'rejected', index, span, rejection, fixes: event.fixes }, source);
  }

  /**
   * The content hash is read from the encoded event. Duplicates are few, so that little encoding is wasted.
   */
  #keepOne(event: EncodedEvent, source: OutcomeSource): void {
    const { tally, fixes } = this.#open;
    const { encoded, index, span } = event;
    const id = encoded.subarray(eventIdPosition, eventIdPosition + 16);
    key.set(dedupKey(event.tenant, id), contentHash(encoded, event.contentEnd));
    const sighting = this.#window.mark(key.words);
    if (sighting === 'new') {
      tally.clean += 1;
      for (const fix of event.fixes) increment(fixes, fix);
      const topic = this.#topicOf(encoded);
      const record = { key: source.key, value: encoded, timestampMs: source.cleanMs ?? event.receivedAtMs };
      return this.#outputs.add(topic, record, { rawOffset: source.offset, index });
    }
    tally.duplicate += 1;
    this.#samples.note(source.partition, id, sighting === 'conflict');
    if (sighting !== 'conflict') return;
    tally.conflict += 1;
    if (!this.#samples.keepsConflict()) return;
    const rejection = refuse('duplicate-conflict', 'the first event with this id went to clean');
    this.#writeRejected(rejection, index, span, source);
  }

  /** The type of the event is read only where it matters. */
  #topicOf(encoded: Buffer): string {
    const { routes, clean } = this.#topics;
    return (this.#hasRoutes ? routes[eventTypeOf(encoded)] : undefined) ?? clean[0];
  }

  #reject({ kind, rejection, fixes, index, span }: StoppedEvent, source: OutcomeSource): void {
    const { open } = this;
    open.tally[kind] += 1;
    increment(open.reasons, rejection.reason);
    for (const fix of fixes) increment(open.fixes, fix);
    if (rejection.rule !== undefined) increment(open.rules, rejection.rule);
    this.#writeRejected(rejection, index, span, source);
  }

  #writeRejected(
    rejection: Rejection,
    index: number | undefined,
    span: StoppedEvent['span'],
    source: OutcomeSource,
  ): void {
    const original = source.originals.of(span);
    const record = rejectedRecord(rejection, index, original, source, this.#ipPrivacy);
    this.#outputs.add(this.#topics.rejected, record, { rawOffset: source.offset, index: index ?? -1 });
  }
}

/** Reused for every event of the thread: the window copies it. */
const key = new EventKey();

function noOutcomes(): OpenOutcomes {
  return { tally: emptyTally(), reasons: new Map(), fixes: new Map(), rules: new Map() };
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
