import { endianness } from 'node:os';

/** A program file as elf(5) lays it out, as far as execve(2) reads it. */
export interface Elf {
  machine: number;
  /** 32 or 64. */
  bits: number;
  littleEndian: boolean;
  /** Why the kernel would not start it on any machine: an object file, a core, a broken file. */
  broken: string | undefined;
  /** The path of its loader: PT_INTERP. Undefined for a static program. */
  loader: string | undefined;
}

/** Bytes of the file; fewer where it ends. */
export type ReadBytes = (offset: number, bytes: number) => Buffer;

const executableTypes = [2, 3]; // ET_EXEC, ET_DYN
const ptInterp = 3;
const headerBytes = 64;
/** load_elf_phdrs() takes no more than ELF_MIN_ALIGN, a page. */
const tableMax = 4096;
const pathMax = 4096;
/** 32-bit machines whose programs the kernel of a 64-bit one usually runs: i386 on x86-64, arm on aarch64. */
const alsoRuns: Readonly<Record<number, number>> = { 62: 3, 183: 40 };
const elfMachines: Readonly<Partial<Record<NodeJS.Architecture, readonly [machine: number, bits: number]>>> =
  {
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
  const [machine, bits] = elfMachines[process.arch] ?? [];
  if (machine === undefined || bits === undefined) return undefined;
  return { machine, bits, littleEndian: endianness() === 'LE' };
}

/**
 * Undefined when the bytes are no ELF file. The rules are the kernel's own (fs/binfmt_elf.c: load_elf_binary,
 * load_elf_phdrs), all of them: where it says ENOEXEC, setpriv hands the file to /bin/sh.
 */
export function parseElf(read: ReadBytes): Elf | undefined {
  const header = read(0, headerBytes);
  if (!header.subarray(0, 4).equals(Buffer.from('\x7fELF'))) return undefined;
  const bits = header[4] === 2 ? 64 : 32;
  const littleEndian = header[5] !== 2;
  const fields = new Fields(header, bits, littleEndian);
  const elf: Elf = {
    ...{ machine: fields.number(18, 2), bits, littleEndian },
    ...{ broken: undefined, loader: undefined },
  };
  if (!executableTypes.includes(fields.number(16, 2)))
    return { ...elf, broken: 'is an ELF file, but no program' };
  const [entryBytes, entries] =
    bits === 64 ? [fields.number(54, 2), fields.number(56, 2)] : [fields.number(42, 2), fields.number(44, 2)];
  const tableBytes = entries * entryBytes;
  const sound = entryBytes === (bits === 64 ? 56 : 32) && entries > 0 && tableBytes <= tableMax;
  const table = sound ? read(fields.wide(bits === 64 ? 32 : 28), tableBytes) : Buffer.alloc(0);
  if (table.length < tableBytes || !sound) return { ...elf, broken: brokenWords };
  for (let at = 0; at < tableBytes; at += entryBytes) {
    const entry = new Fields(table.subarray(at, at + entryBytes), bits, littleEndian);
    if (entry.number(0, 4) !== ptInterp) continue;
    return {
      ...elf,
      ...readLoader(read, entry.wide(bits === 64 ? 8 : 4), entry.wide(bits === 64 ? 32 : 16)),
    };
  }
  return elf;
}

const brokenWords = 'is a broken program: the file is cut, or was changed';

function readLoader(read: ReadBytes, offset: number, bytes: number): Pick<Elf, 'broken' | 'loader'> {
  const text = bytes < 2 || bytes > pathMax ? '' : read(offset, bytes).toString('latin1');
  if (text.length < bytes || !text.endsWith('\0')) return { broken: brokenWords, loader: undefined };
  return { broken: undefined, loader: text.slice(0, text.indexOf('\0')) };
}

/** Numbers of a header; 0 behind its end. */
class Fields {
  readonly #bytes: Buffer;
  readonly #bits: number;
  readonly #littleEndian: boolean;

  constructor(bytes: Buffer, bits: number, littleEndian: boolean) {
    this.#bytes = bytes;
    this.#bits = bits;
    this.#littleEndian = littleEndian;
  }

  number(offset: number, bytes: number): number {
    if (offset + bytes > this.#bytes.length) return 0;
    return this.#littleEndian ? this.#bytes.readUIntLE(offset, bytes) : this.#bytes.readUIntBE(offset, bytes);
  }

  /** An address or offset; what is beyond 2^48 is none of a real file. */
  wide(offset: number): number {
    if (this.#bits === 32) return this.number(offset, 4);
    return this.number(this.#littleEndian ? offset : offset + 2, 6);
  }
}

/** Why `native` cannot run `elf`; undefined when it can, or when that is not known. */
export function elfProblem(elf: Elf, native: Machine | undefined): string | undefined {
  if (elf.broken !== undefined) return elf.broken;
  if (!native) return undefined;
  const { machine, bits, littleEndian } = native;
  if (elf.machine === machine && elf.bits === bits && elf.littleEndian === littleEndian) return undefined;
  if (elf.machine === alsoRuns[machine] && elf.bits === 32) return undefined;
  return `is a program for ${nameOf(elf)}, and this machine is ${nameOf(native)}`;
}

function nameOf({ machine, bits, littleEndian }: Machine): string {
  const known = Object.entries(elfMachines).find(([, [number]]) => number === machine)?.[0];
  return `${known ?? `ELF machine ${machine}`} (${bits} bits, ${littleEndian ? 'little' : 'big'}-endian)`;
}
