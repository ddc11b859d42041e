import { expect, test } from 'vitest';
import type { Answer, Hop } from './findings.ts';
import { StreamAccount, windowProbes } from './stream-account.ts';

/** One step of a story: what happens to a stream, with the kinds that must be found. Moments are in ms. */
type Step =
  | ['send' | 'send-filtered' | 'prove', number]
  | ['blind', number]
  | ['answer', number, Answer]
  | ['resend', number]
  | ['arrive' | 'arrive-changed', number, Hop];

function tell(steps: readonly Step[]): string[] {
  const account = new StreamAccount();
  let now = 0;
  const found = steps.flatMap((step): readonly { kind: string; hop: Hop; sequence: number }[] => {
    now += 10;
    switch (step[0]) {
      case 'send':
      case 'send-filtered':
        account.send(step[0] === 'send' ? 'arrives' : 'filtered', now);
        return [];
      case 'answer':
        account.answer(step[1], step[2]);
        return [];
      case 'resend':
        account.resend(step[1]);
        return [];
      case 'prove':
        return account.overdue({ raw: step[1], clean: step[1], master: step[1] });
      case 'blind':
        return account.overdue({ raw: step[1], clean: -Infinity, master: step[1] });
      default:
        return account.arrive(step[2], step[1], step[0] === 'arrive', now);
    }
  });
  return found.map(({ kind, hop, sequence }) => `${kind} ${hop} ${sequence}`);
}

const through = (sequence: number): Step[] => [
  ['send', 0],
  ['answer', sequence, 'acknowledged'],
  ['arrive', sequence, 'raw'],
  ['arrive', sequence, 'clean'],
  ['arrive', sequence, 'master'],
];
const okEverywhere = (sequence: number): string[] => [
  `ok raw ${sequence}`,
  `ok clean ${sequence}`,
  `ok master ${sequence}`,
];

test.each<[title: string, steps: Step[], found: string[]]>([
  ['a probe that arrives everywhere is ok at each hop', [...through(0), ['prove', 1e6]], okEverywhere(0)],
  [
    'an acknowledged probe that never reaches raw is lost there, and nowhere else',
    [
      ['send', 0],
      ['answer', 0, 'acknowledged'],
      ['prove', 1e6],
      ['prove', 1e6],
    ],
    ['lost raw 0'],
  ],
  [
    'a probe is lost at the first hop that lacks it',
    [
      ['send', 0],
      ['answer', 0, 'acknowledged'],
      ['arrive', 0, 'raw'],
      ['prove', 1e6],
    ],
    ['ok raw 0', 'lost clean 0'],
  ],
  [
    'a probe in clean that the master lacks is lost in the master',
    [
      ['send', 0],
      ['answer', 0, 'acknowledged'],
      ['arrive', 0, 'raw'],
      ['arrive', 0, 'clean'],
      ['prove', 1e6],
    ],
    ['ok raw 0', 'ok clean 0', 'lost master 0'],
  ],
  [
    'before its deadline nothing is lost',
    [
      ['send', 0],
      ['answer', 0, 'acknowledged'],
      ['prove', 9],
    ],
    [],
  ],
  [
    'while a hop is blind nothing is lost there',
    [
      ['send', 0],
      ['answer', 0, 'acknowledged'],
      ['arrive', 0, 'raw'],
      ['blind', 1e6],
    ],
    ['ok raw 0'],
  ],
  [
    'what comes after it was called lost is late',
    [
      ['send', 0],
      ['answer', 0, 'acknowledged'],
      ['prove', 1e6],
      ['arrive', 0, 'raw'],
    ],
    ['lost raw 0', 'late raw 0'],
  ],
  [
    'a probe without a definite answer is never lost',
    [
      ['send', 0],
      ['answer', 0, 'unknown'],
      ['prove', 1e6],
    ],
    [],
  ],
  [
    'a probe without a definite answer may arrive',
    [
      ['send', 0],
      ['answer', 0, 'unknown'],
      ['arrive', 0, 'raw'],
    ],
    ['ok raw 0'],
  ],
  [
    'a refused probe that arrives is a phantom',
    [
      ['send', 0],
      ['answer', 0, 'rejected'],
      ['arrive', 0, 'raw'],
    ],
    ['phantom raw 0'],
  ],
  [
    'a second copy is a duplicate',
    [...through(0), ['arrive', 0, 'master']],
    [...okEverywhere(0), 'duplicate master 0'],
  ],
  [
    'a second copy in raw after a resend is expected',
    [
      ['send', 0],
      ['resend', 0],
      ['answer', 0, 'acknowledged'],
      ['arrive', 0, 'raw'],
      ['arrive', 0, 'raw'],
    ],
    ['ok raw 0', 'duplicate-after-retry raw 0'],
  ],
  [
    'a second copy in clean after a resend is a duplicate',
    [
      ['send', 0],
      ['resend', 0],
      ['answer', 0, 'acknowledged'],
      ['arrive', 0, 'clean'],
      ['arrive', 0, 'clean'],
    ],
    ['ok clean 0', 'duplicate clean 0'],
  ],
  [
    'a probe that comes after a later one is reordered, not lost and doubled',
    [
      ['send', 0],
      ['answer', 0, 'acknowledged'],
      ['send', 0],
      ['answer', 1, 'acknowledged'],
      ['arrive', 1, 'raw'],
      ['arrive', 0, 'raw'],
    ],
    ['ok raw 1', 'reordered raw 0'],
  ],
  [
    'changed content is a mismatch',
    [
      ['send', 0],
      ['answer', 0, 'acknowledged'],
      ['arrive-changed', 0, 'clean'],
    ],
    ['mismatch clean 0'],
  ],
  [
    'what must be filtered out belongs into raw only',
    [
      ['send-filtered', 0],
      ['answer', 0, 'acknowledged'],
      ['arrive', 0, 'raw'],
      ['prove', 1e6],
    ],
    ['ok raw 0'],
  ],
  [
    'what must be filtered out and reaches clean has leaked',
    [
      ['send-filtered', 0],
      ['answer', 0, 'acknowledged'],
      ['arrive', 0, 'clean'],
    ],
    ['leaked clean 0'],
  ],
  ['a number that was never sent is unmatched', [['arrive', 7, 'clean']], ['unmatched clean 7']],
  [
    'a loss does not hold up the verdict on later probes',
    [['send', 0], ['answer', 0, 'acknowledged'], ...through(1), ['prove', 1e6]],
    [...okEverywhere(1), 'lost raw 0'],
  ],
  [
    'a probe that still waits for its answer holds up the verdicts on those after it',
    [
      ['send', 0],
      ['send', 0],
      ['answer', 1, 'acknowledged'],
      ['prove', 1e6],
      ['answer', 0, 'unknown'],
      ['prove', 1e6],
    ],
    ['lost raw 1'],
  ],
])('%s', (_, steps, found) => {
  expect(tell(steps)).toEqual(found);
});

test('what may have been in records that nobody could read is not judged; what comes after them is', () => {
  const account = new StreamAccount();
  const everywhere = { raw: 1e6, clean: 1e6, master: 1e6 };
  const sendThroughClean = (): void => {
    const sequence = account.send('arrives', 0);
    account.answer(sequence, 'acknowledged');
    for (const hop of ['raw', 'clean'] as const) account.arrive(hop, sequence, true, 1);
  };
  sendThroughClean();
  account.gap('master', false);
  sendThroughClean();
  const after = new StreamAccount();
  after.restore(JSON.parse(JSON.stringify(account.state(2))), 2, 0);
  for (const each of [account, after]) {
    expect(each.overdue(everywhere)).toEqual([
      { kind: 'unjudged', hop: 'master', sequence: 0 },
      { kind: 'lost', hop: 'master', sequence: 1 },
    ]);
  }
});

test('what is copied once more into a topic that was made anew is no duplicate; a third copy is', () => {
  const account = new StreamAccount();
  for (const sequence of [account.send('arrives', 0), account.send('arrives', 1)])
    account.answer(sequence, 'acknowledged');
  for (const sequence of [0, 1]) account.arrive('master', sequence, true, 2);
  account.gap('master', true);
  const kinds = [0, 1, 1]
    .flatMap((sequence) => account.arrive('master', sequence, true, 3))
    .map((one) => one.kind);
  expect(kinds).toEqual(['ok', 'ok', 'duplicate']);
});

test('what was in a topic that was made anew, and is not in the next one, is lost there', () => {
  const account = new StreamAccount();
  account.answer(account.send('arrives', 0), 'acknowledged');
  for (const hop of ['raw', 'clean'] as const) account.arrive(hop, 0, true, 1);
  account.gap('clean', true);
  const after = new StreamAccount();
  after.restore(JSON.parse(JSON.stringify(account.state(2))), 2, 0);
  for (const each of [account, after])
    expect(each.overdue({ raw: 1e6, clean: 1e6, master: 1e6 })).toEqual([
      { kind: 'lost', hop: 'master', sequence: 0 },
    ]);
});

test('what was late in a topic that was made anew is not late once more', () => {
  const account = new StreamAccount();
  account.answer(account.send('arrives', 0), 'acknowledged');
  expect(account.overdue({ raw: 1e6, clean: 1e6, master: 1e6 })).toMatchObject([{ kind: 'lost' }]);
  expect(account.arrive('raw', 0, true, 1)).toMatchObject([{ kind: 'late' }]);
  account.gap('raw', true);
  expect(account.arrive('raw', 0, true, 2)).toMatchObject([{ kind: 'ok' }]);
});

test('a copy from before the window is unmatched, and memory stays as it is', () => {
  const account = new StreamAccount();
  for (let sent = 0; sent <= windowProbes; sent++)
    account.answer(account.send('arrives', sent), 'acknowledged');
  expect(account.arrive('clean', 0, true, 1_000)).toEqual([{ kind: 'unmatched', hop: 'clean', sequence: 0 }]);
  expect(account.arrive('clean', 1, true, 1_000)).toMatchObject([{ kind: 'ok' }]);
});

test('a restart forgets neither what arrived nor what is under way', () => {
  const before = new StreamAccount();
  before.answer(before.send('arrives', 0), 'acknowledged');
  before.answer(before.send('arrives', 100), 'acknowledged');
  before.send('arrives', 200);
  before.arrive('raw', 0, true, 210);
  const after = new StreamAccount();
  after.restore(JSON.parse(JSON.stringify(before.state(300))), 5_000, 1_000);
  expect(after.next).toBe(3);
  expect(after.arrive('raw', 0, true, 5_000)).toMatchObject([{ kind: 'duplicate' }]);
  const provenAt = (at: number) => ({ raw: at, clean: at, master: at });
  expect(after.overdue(provenAt(3_750))).toMatchObject([{ kind: 'lost', hop: 'clean', sequence: 0 }]);
  expect(after.overdue(provenAt(5_000))).toMatchObject([{ kind: 'lost', hop: 'raw', sequence: 1 }]);
});
