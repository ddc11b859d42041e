import { expect, test } from 'vitest';
import type { Answer } from './findings.ts';
import { ProbeAccount } from './probe-account.ts';

test.each<[string, Answer[], Answer[], string[]]>([
  ['all went well', ['acknowledged'], ['acknowledged', 'unknown'], []],
  [
    'nobody was there',
    ['unknown'],
    ['acknowledged'],
    ['fra: none was acknowledged, 1 had no definite answer'],
  ],
  ['the key is wrong', ['acknowledged'], ['rejected'], ['nyc: none was acknowledged, 1 probes were refused']],
  ['one format is refused', ['acknowledged', 'rejected'], ['acknowledged'], ['fra: 1 probes were refused']],
  ['nothing was sent there', ['acknowledged'], [], ['nyc: none was acknowledged']],
])('an account without acknowledgements proves nothing: %s', (_, fra, nyc, doubts) => {
  const account = new ProbeAccount({ datacenterOf: ['fra', 'nyc'], onFinding: () => undefined });
  for (const [stream, answers] of [fra, nyc].entries()) {
    for (const [sequence, answer] of answers.entries()) {
      account.apply({ at: 0, did: 'send', stream, sequence, expectation: 'arrives' });
      account.apply({ at: 0, did: 'answer', stream, sequence, answer });
    }
  }
  expect(account.doubts).toEqual(doubts);
});
