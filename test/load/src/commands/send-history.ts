import type { Point } from '@penstock/test-report';
import type { LiveProgress } from '../send/send-totals.ts';

/** What was seen of a run, once a second. */
export class SendHistory {
  readonly acknowledged: Point[] = [];
  readonly bytes: Point[] = [];
  readonly resends: Point[] = [];
  readonly p50: Point[] = [];
  readonly p99: Point[] = [];
  #startedAt: number | undefined;
  #before: { at: number; acknowledged: number; bytes: number; resends: number } | undefined;

  /** `at` is of the monotonic clock, in ms. */
  note(progress: LiveProgress, at = performance.now()): void {
    // The first one comes a second after the start.
    this.#startedAt ??= at - 1_000;
    const before = this.#before ?? { at: this.#startedAt, acknowledged: 0, bytes: 0, resends: 0 };
    const passed = (at - before.at) / 1_000;
    // The last one of a run may come right behind the one before it.
    if (passed < 0.2) return;
    const second = (at - this.#startedAt) / 1_000;
    const { acknowledged, bytes, resends, recentLatencyMs } = progress;
    const isSilent = acknowledged === before.acknowledged;
    this.acknowledged.push([second, (acknowledged - before.acknowledged) / passed]);
    this.bytes.push([second, (bytes - before.bytes) / passed / 1e6]);
    this.resends.push([second, (resends - before.resends) / passed]);
    this.p50.push([second, isSilent ? undefined : recentLatencyMs.p50]);
    this.p99.push([second, isSilent ? undefined : recentLatencyMs.p99]);
    this.#before = { at, acknowledged, bytes, resends };
  }

  get seconds(): number {
    return this.acknowledged.at(-1)?.[0] ?? 0;
  }
}
