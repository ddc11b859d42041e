import { expect, test } from 'vitest';
import type { LiveProgress } from '../send/send-totals.ts';
import { SendHistory } from './send-history.ts';
import { sendPage } from './send-page.ts';

const options = { urls: ['http://127.0.0.1:8080'] };
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
  const page = sendPage({ outcome, history, watch: { samples: [], marks: [] }, options });
  expect(page).toContain('40 events have no answer, 20 were not sent');
  expect(page).toContain('class="verdict bad"');
  expect(page.match(/<svg/g)).toHaveLength(4);
});

test('a run of which nothing was acknowledged is red, and its page says who refused it', () => {
  const history = new SendHistory();
  history.note(progress(0), 1_000);
  const outcome = {
    ...{ ledger: 'load.ledger', seed: 7, unsent: 0, steps: [], own: { cpuMicrosPerEvent: 5, cores: 2 } },
    total: { ...progress(0), refused: 40, refusedBy: { 403: 40 } },
  };
  const page = sendPage({ outcome, history, watch: { samples: [], marks: [] }, options });
  expect(page).toContain('class="verdict bad"');
  expect(page).toContain('All 40 events were refused with 403: the Receiver does not know this API key');
});

test('the page shows lag, CPU and memory of the processes, and when one was gone', () => {
  const history = new SendHistory();
  history.note(progress(1_000), 1_000);
  history.note(progress(2_000), 2_000);
  const total = progress(2_000);
  const own = { cpuMicrosPerEvent: 5, cores: 2 };
  const outcome = { ledger: 'load.ledger', seed: 7, unsent: 0, steps: [], own, total };
  const sample = (second: number) => ({
    ...{ second, lagSeconds: { mirror: 3 } },
    processes: { mirror: { cpu: 0.5, rssMb: 90 }, 'master broker 1': { cpu: 0.2, rssMb: 500 } },
  });
  const marks = [{ label: 'mirror is gone', from: 1, to: 2, lane: 'mirror' }];
  const page = sendPage({ outcome, history, watch: { samples: [sample(0), sample(1)], marks }, options });
  for (const title of ['Lag', 'CPU of the brokers', 'CPU of the processes', 'Memory of the processes']) {
    expect(page).toContain(`<figcaption>${title}`);
  }
  expect(page).toContain('mirror is gone, 0:01 to 0:02');
  expect(page.match(/<svg/g)).toHaveLength(4 + 1 + 4 + 1);
});

function progress(acknowledged: number): LiveProgress {
  return {
    ...{
      acknowledged,
      refused: 0,
      refusedBy: {},
      strange: { answers: 0, first: '' },
      unknown: 0,
      requests: 0,
      bytes: 0,
      resends: 0,
      elapsedMs: 0,
      lateMs: 0,
    },
    latencyMs,
    recentLatencyMs: latencyMs,
  };
}
