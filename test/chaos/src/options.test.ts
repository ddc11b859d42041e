import { expect, test } from 'vitest';
import { againCommand, chosenKinds, readOptions } from './options.ts';

const names = (list: string): string[] => chosenKinds(list).map(({ name }) => name);

test('faults are chosen by name and by group, and taken away', () => {
  expect(names('kill-filter,pause-broker')).toEqual(['kill-filter', 'pause-broker']);
  expect(names('clocks')).toEqual(['clock-receiver', 'clock-filter', 'clock-mirror']);
  expect(names('clocks,-clock-filter')).toEqual(['clock-receiver', 'clock-mirror']);
  expect(names('-network')).not.toContain('half-open');
  expect(names('-network')).toContain('kill-broker');
});

test('what nobody knows, and what leaves nothing, is told', () => {
  expect(() => names('kill-filtre')).toThrow('there is no fault "kill-filtre". There are: kill-receiver,');
  expect(() => names('clocks,-clocks')).toThrow('leaves no fault');
  expect(() => readOptions(['--minutes', '0'], 0)).toThrow('--minutes is a number from 0.1 on, not "0"');
  expect(() => readOptions(['--rate', 'fast'], 0)).toThrow('--rate is a whole number');
  expect(() => readOptions(['--frequency', '3'], 0)).toThrow('--frequency');
});

test('the seed is the time unless it is given, and the command to run it again holds it', () => {
  const read = readOptions(['--minutes', '3', '--faults=-clocks'], 1_700_000_000_000);
  if (read.act !== 'run') throw new Error(read.act);
  expect(read.options.seed).toBe(1_700_000_000);
  expect(againCommand(read.options)).toBe('npm run chaos -- --minutes 3 --seed 1700000000 --faults=-clocks');
});
