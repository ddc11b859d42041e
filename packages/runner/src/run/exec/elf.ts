import { endianness } from 'node:os';

/** The start of a program file: ELF, as elf(5) lays it out. */
export interface Elf {
  machine: number;
  /** 32 or 64. */
  bits: number;
  littleEndian: boolean;
  /** Something to start: not an object file, a core or a broken file. */
  executable: boolean;
  /** Where the path of the loader stands in the file: PT_INTERP. Undefined for a static program. */
  loader: { offset: number; size: number } | undefined;
}

const EXECUTABLE_TYPES = [2, 3]; // ET_EXEC, ET_DYN
const PT_INTERP = 3;
/** 32-bit machines whose programs the kernel of a 64-bit one usually runs: i386 on x86-64, arm on aarch64. */
const ALSO_RUNS: Readonly<Record<number, number>> = { 62: 3, 183: 40 };
const MACHINES: Readonly<Partial<Record<NodeJS.Architecture, readonly [machine: number, bits: number]>>> = {
  ia32: [3, 32],
  ppc64: [21, 64],
  s390x: [22, 64],
  arm: [40, 32],
  x64: [62, 64],
  arm64: [183, 64],
  riscv64: [243, 64],
  loong64: [258, 64],
};

export type Machine = Pick<Elf, 'machine' | 'bits' | 'littleEndian'>;

/** What the Runner's own Node was built for. */
export function thisMachine(): Machine | undefined {
  const [machine, bits] = MACHINES[process.arch] ?? [];
  if (machine === undefined || bits === undefined) return undefined;
  return { machine, bits, littleEndian: endianness() === 'LE' };
}

/** Undefined when the bytes are no ELF file. A cut one is not executable. */
export function parseElf(header: Buffer): Elf | undefined {
  if (!header.subarray(0, 4).equals(Buffer.from('\x7fELF'))) return undefined;
  const bits = header[4] === 2 ? 64 : 32;
  const littleEndian = header[5] !== 2;
  const number = (offset: number, bytes: number) => {
    if (offset + bytes > header.length) return 0;
    return littleEndian ? header.readUIntLE(offset, bytes) : header.readUIntBE(offset, bytes);
  };
  /** An address or offset; what is beyond 2^48 is none of a real file. */
  const wide = (offset: number) =>
    bits === 32 ? number(offset, 4) : number(littleEndian ? offset : offset + 2, 6);
  const [table, entryBytes, entries] =
    bits === 64 ? [wide(32), number(54, 2), number(56, 2)] : [wide(28), number(42, 2), number(44, 2)];
  let loader: Elf['loader'];
  for (
    let at = table;
    at < table + entries * entryBytes && at + entryBytes <= header.length;
    at += entryBytes
  ) {
    if (number(at, 4) !== PT_INTERP) continue;
    loader =
      bits === 64
        ? { offset: wide(at + 8), size: wide(at + 32) }
        : { offset: wide(at + 4), size: wide(at + 16) };
  }
  const executable = EXECUTABLE_TYPES.includes(number(16, 2)) && entries > 0;
  return { machine: number(18, 2), bits, littleEndian, executable, loader };
}

/** Why `native` cannot run `elf`; undefined when it can, or when that is not known. */
export function elfProblem(elf: Elf, native: Machine | undefined): string | undefined {
  if (!elf.executable) return 'is an ELF file, but no program';
  if (!native) return undefined;
  const { machine, bits, littleEndian } = native;
  if (elf.machine === machine && elf.bits === bits && elf.littleEndian === littleEndian) return undefined;
  if (elf.machine === ALSO_RUNS[machine] && elf.bits === 32) return undefined;
  return `is a program for ${nameOf(elf)}, and this machine is ${nameOf(native)}`;
}

function nameOf({ machine, bits, littleEndian }: Machine): string {
  const known = Object.entries(MACHINES).find(([, [number]]) => number === machine)?.[0];
  return `${known ?? `ELF machine ${machine}`} (${bits} bits, ${littleEndian ? 'little' : 'big'}-endian)`;
}
