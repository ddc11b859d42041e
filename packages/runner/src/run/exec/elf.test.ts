import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { elfProblem, parseElf, thisMachine, type Elf } from './elf.ts';

const x64: Elf = { machine: 62, bits: 64, littleEndian: true, broken: undefined, loader: undefined };
const arm64 = { ...x64, machine: 183 };
const i386 = { ...x64, machine: 3, bits: 32 };

const node = readFileSync(process.execPath);
const reading = (file: Buffer) => (offset: number, bytes: number) => file.subarray(offset, offset + bytes);

it('knows the program that runs this test as one of this machine', () => {
  expect(elfProblem(parseElf(reading(node))!, thisMachine())).toBeUndefined();
});

it('lets a 32-bit program of the same family pass: the kernel may run it', () => {
  expect(elfProblem(i386, x64)).toBeUndefined();
});

it.each([
  ['another machine', arm64],
  ['64 bits that are not ours', { ...i386, bits: 64 }],
  ['another byte order', { ...x64, littleEndian: false }],
  ['no program', { ...x64, broken: 'is no program' }],
])('refuses %s', (_name, elf) => {
  expect(elfProblem(elf, x64)).toBeDefined();
});

it('takes a cut file for no program, and a text for no ELF', () => {
  expect(parseElf(reading(Buffer.from('\x7fELF\x02\x01')))?.broken).toBeDefined();
  expect(parseElf(reading(node.subarray(0, 100)))?.broken).toBeDefined();
  expect(parseElf(reading(Buffer.from('#!/bin/sh\n')))).toBeUndefined();
});

it('finds the headers of a program wherever they are: patchelf moves them to the end', () => {
  const moved = Buffer.concat([node, node.subarray(64, 64 + 56 * node.readUInt16LE(56))]);
  moved.writeBigUInt64LE(BigInt(node.length), 32);
  moved.fill(0, 64, 64 + 56 * node.readUInt16LE(56));
  expect(parseElf(reading(moved))).toEqual(parseElf(reading(node)));
  expect(parseElf(reading(node))?.loader).toMatch(/^\/.*ld.*so/);
});
