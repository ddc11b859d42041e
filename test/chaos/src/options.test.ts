import { expect, test } from 'vitest';
import { requestShapes } from '@penstock/load';
import { againCommand, type ChaosOptions, chosenKinds, readOptions } from './options.ts';

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
  expect(() => readOptions(['--formats', '4,gif'], 0)).toThrow('formats are 1, 2, 3, 4, avro, pixel, beacon');
  expect(() => readOptions(['--frequency', '3'], 0)).toThrow('--frequency');
});

test('the seed is the time unless it is given, and the command to run it again holds it', () => {
  const read = readOptions(['--minutes', '3', '--faults=-clocks'], 1_700_000_000_000);
  if (read.act !== 'run') throw new Error(read.act);
  expect(read.options.seed).toBe(1_700_000_000);
  expect(againCommand(read.options)).toBe('npm run chaos -- --minutes 3 --seed 1700000000 --faults=-clocks');
});

test('events come in every way that a client can send them, unless a list says otherwise', () => {
  const read = (...args: string[]) => {
    const { act, options } = readOptions(['--seed', '1', ...args], 0) as {
      act: 'run';
      options: ChaosOptions;
    };
    return { act, mix: Object.fromEntries(options.mix), again: againCommand(options) };
  };
  expect(read()).toEqual({
    ...{ act: 'run', again: 'npm run chaos -- --minutes 5 --seed 1' },
    mix: Object.fromEntries(requestShapes.map((shape) => [shape, 1])),
  });
  expect(read('--formats', '4=70,pixel=30')).toEqual({
    ...{ act: 'run', again: 'npm run chaos -- --minutes 5 --seed 1 --formats 4=70,pixel=30' },
    mix: { '4': 70, pixel: 30 },
  });
});
