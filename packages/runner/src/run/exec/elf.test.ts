import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { elfProblem, parseElf, thisMachine, type Elf } from './elf.ts';

const x64: Elf = { machine: 62, bits: 64, littleEndian: true, executable: true, loader: undefined };
const arm64 = { ...x64, machine: 183 };
const i386 = { ...x64, machine: 3, bits: 32 };

it('knows the program that runs this test as one of this machine', () => {
  const header = readFileSync(process.execPath).subarray(0, 4096);
  expect(elfProblem(parseElf(header)!, thisMachine())).toBeUndefined();
});

it('lets a 32-bit program of the same family pass: the kernel may run it', () => {
  expect(elfProblem(i386, x64)).toBeUndefined();
});

it.each([
  ['another machine', arm64],
  ['64 bits that are not ours', { ...i386, bits: 64 }],
  ['another byte order', { ...x64, littleEndian: false }],
  ['no program', { ...x64, executable: false }],
])('refuses %s', (_name, elf) => {
  expect(elfProblem(elf, x64)).toBeDefined();
});

it('takes a cut file for no program, and a text for no ELF', () => {
  expect(parseElf(Buffer.from('\x7fELF\x02\x01'))).toMatchObject({ executable: false });
  expect(parseElf(Buffer.from('#!/bin/sh\n'))).toBeUndefined();
});
