import { expect, test } from 'vitest';
import { emptyPatterns, patternProblems, wantedTopics } from './wanted-topics.ts';

const atSource = [
  '__consumer_offsets',
  'b.events.clean', // a copy of cluster b's, by link b
  'events.clean',
  'events.purchase',
  'events.raw',
  'mirror.b',
  'mirror.b.pairs',
  'other',
];

test.each([
  ['an exact name, there or not', ['later:3', 'other'], [], ['later', 'other']],
  ['a pattern matches whole names', ['/events/'], [], []],
  [
    'a pattern, without those denied by name or by pattern',
    ['/events\\..*/'],
    ['events.raw', '/.*\\.pur.*/'],
    ['events.clean'],
  ],
  [
    'everything, but never what belongs to Kafka or to mirrors',
    ['/.*/'],
    [],
    ['events.clean', 'events.purchase', 'events.raw', 'other'],
  ],
  [
    'an exact name counts also where it is denied',
    ['events.raw', '/events.*/'],
    ['/events.r.*/'],
    ['events.raw', 'events.clean', 'events.purchase'],
  ],
])('%s', (_, entries, denied, names) => {
  expect(wantedTopics(entries, denied, atSource).map(({ name }) => name)).toEqual(names);
});

test('a width holds for every topic that the pattern finds', () => {
  expect(wantedTopics(['/events\\.[cp].*/:24'], [], atSource)).toEqual([
    { name: 'events.clean', width: 24 },
    { name: 'events.purchase', width: 24 },
  ]);
});

test('what is no regular expression is said', () => {
  expect(patternProblems(['a', '/(/', '/[a-c]x/'])).toEqual([expect.stringContaining('/(/')]);
});

test('patterns that find nothing are told apart from those that do', () => {
  const entries = ['later:3', '/events[.].*/', '/evnets[.].*/:4', '/mirror.*/'];
  expect(emptyPatterns(entries, wantedTopics(entries, [], atSource))).toEqual(entries.slice(2));
});
