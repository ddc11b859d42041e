import { expect, test } from 'vitest';
import type { LiveProgress } from '../send/send-totals.ts';
import { SendHistory, sendPage } from './send-page.ts';

const latencyMs = { p50: 2, p99: 9, p999: 12, max: 20 };

test('the history holds rates of each second, and no latency where nothing was answered', () => {
  const history = new SendHistory();
  history.note(progress(1_000), 5_000);
  history.note(progress(3_000), 6_000);
  history.note(progress(3_000), 8_000);
  history.note(progress(3_000), 8_010); // right behind the last one: no second of its own
  expect(history.acknowledged).toEqual([
    [1, 1_000],
    [2, 2_000],
    [4, 0],
  ]);
  expect(history.p99.map(([, value]) => value)).toEqual([9, 9, undefined]);
  expect(history.seconds).toBe(4);
});

test('the page says first what has no answer', () => {
  const history = new SendHistory();
  history.note(progress(1_000), 1_000);
  const outcome = {
    ...{ ledger: 'load.ledger', seed: 7, unsent: 20, steps: [], own: { cpuMicrosPerEvent: 5, cores: 2 } },
    total: { ...progress(1_000), unknown: 40 },
  };
  const page = sendPage(outcome, history, ['http://127.0.0.1:8080']);
  expect(page).toContain('40 events have no answer, 20 were not sent');
  expect(page).toContain('class="verdict bad"');
  expect(page.match(/<svg/g)).toHaveLength(4);
});

function progress(acknowledged: number): LiveProgress {
  return {
    ...{ acknowledged, refused: 0, unknown: 0, requests: 0, bytes: 0, resends: 0, elapsedMs: 0, lateMs: 0 },
    latencyMs,
    recentLatencyMs: latencyMs,
  };
}
