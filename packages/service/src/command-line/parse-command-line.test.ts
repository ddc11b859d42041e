import { expect, test } from 'vitest';
import { UsageError } from '../errors.ts';
import { parseCommandLine, type Grammar } from './parse-command-line.ts';

const grammar: Grammar = {
  commands: {
    run: {},
    status: {},
    resume: {
      partition: { value: 'P', about: 'which' },
      from: { value: 'N', about: 'where' },
      'skip-gap': { about: 'behind it' },
    },
  },
  always: { link: { value: 'NAME', about: 'which link' } },
  fallback: 'run',
};

const parse = (...args: string[]) => parseCommandLine(args, grammar);
const refusalOf = (...args: string[]) => {
  try {
    parse(...args);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return undefined;
};

test.each([
  [['--help']],
  [['-h']],
  [['help']],
  [['run', '--help']],
  [['status', 'help']],
  [['resume', '-h', '--nonsense']],
  [['--nonsense', '--help']],
  [['nonsense', '-h']],
  [['resume', '--partition', '--help']],
  [['resume', '--partition', '3', '--skip-gap', '--help']],
  [['--link', '-h']],
  [['--help=yes']],
  [['--', '--help']],
])('%j asks for help', (args) => {
  expect(parse(...args)).toEqual({ kind: 'help' });
});

test.each([
  [[], 'run'],
  [['run'], 'run'],
  [['--link', 'fra'], 'run'],
  [['status', '--link=fra'], 'status'],
  [['--link', 'fra', 'status'], 'status'],
])('%j is the command %s', (args, name) => {
  expect(parse(...args)).toMatchObject({ kind: 'command', name });
});

test('flags are read with their values, wherever they stand', () => {
  const line = parse('--link=fra', '--from', '900719925474099321', 'resume', '--skip-gap', '--partition=03');
  if (line.kind !== 'command') throw new Error('not a command');
  const { given } = line;
  expect(given.text('link')).toBe('fra');
  expect(given.wholeNumber('from')).toBe(900719925474099321n);
  expect(given.wholeNumber('partition')).toBe(3n);
  expect([given.has('skip-gap'), given.has('to')]).toEqual([true, false]);
});

test.each([
  [['stauts'], "unknown command 'stauts'; did you mean status?"],
  [['resum', '--skip-gap'], "unknown command 'resum'; did you mean resume?"],
  [['hlep'], "unknown command 'hlep'; did you mean help?"],
  [['STATUS'], "unknown command 'STATUS'; did you mean status?"],
  [['frobnicate'], "unknown command 'frobnicate'"],
  [['constructor'], "unknown command 'constructor'"],
  [[''], "unknown command ''"],
  [['--hlep'], 'unknown flag --hlep; did you mean --help?'],
  [['-x'], 'unknown flag -x'],
  [['resume', '--partiton', '3'], 'unknown flag --partiton; did you mean --partition?'],
  [['resume', '--skip_gap'], 'unknown flag --skip_gap; did you mean --skip-gap?'],
  [['status', '--skip-gap'], 'status takes no --skip-gap'],
  [['--lnik', 'fra'], 'unknown flag --lnik; did you mean --link?'],
  [['run', '--lnik', 'fra'], 'unknown flag --lnik; did you mean --link?'],
  [['resume', '--partition'], '--partition needs a value: P'],
  [['resume', '--partition='], '--partition needs a value: P'],
  [['resume', '--partition', '--skip-gap'], '--partition needs a value: P'],
  [['resume', '--skip-gap=yes'], '--skip-gap takes no value'],
  [['resume', '--from', '1', '--from', '2'], '--from is given twice'],
  [['status', 'everything'], "'everything' after status means nothing"],
])('%j is refused: %s', (args, message) => {
  expect(refusalOf(...args)).toBe(message);
});

test('flags that exclude each other, and numbers that are none, are refused', () => {
  const given = (...args: string[]) => {
    const line = parse('resume', ...args);
    if (line.kind !== 'command') throw new Error('not a command');
    return line.given;
  };
  expect(given('--from', '0').oneOf('from', 'skip-gap')).toBe('from');
  expect(() => given('--from', '0', '--skip-gap').oneOf('from', 'skip-gap')).toThrow('give only one of');
  expect(() => given().oneOf('from', 'skip-gap')).toThrow('one of --from, --skip-gap is needed');
  for (const text of ['x', '1.5', '0x10', '1e3', '+1', '9999999999999999999']) {
    expect(() => given('--from', text).wholeNumber('from'), text).toThrow('--from needs a whole number');
  }
});
