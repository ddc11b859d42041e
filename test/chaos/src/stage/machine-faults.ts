import type { FaultKind } from '../plan/fault-kinds.ts';
import { whyNoSmallDisk } from './small-disk.ts';

export interface MachineFaults {
  /** Of those that were asked for. */
  kinds: readonly FaultKind[];
  skipped: readonly { name: string; why: string }[];
}

/** What of these faults this machine can have, and why not the others. */
export async function faultsOfThisMachine(kinds: readonly FaultKind[]): Promise<MachineFaults> {
  if (!kinds.some(({ name }) => name === 'full-disk')) return { kinds, skipped: [] };
  const why = await whyNoSmallDisk();
  if (why === undefined) return { kinds, skipped: [] };
  return { kinds: kinds.filter(({ name }) => name !== 'full-disk'), skipped: [{ name: 'full-disk', why }] };
}
