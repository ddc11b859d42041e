import { constants } from 'node:os';

/** `SIGTERM`, `TERM` and `15` are TERM. What is no signal stays as it stands. */
export function signalName(text: string): string {
  const known = Object.entries(constants.signals).find(([, number]) => String(number) === text)?.[0];
  return (known ?? text).toUpperCase().replace(/^SIG/, '');
}

/** Signals of a crash, signal(7). Nobody ends in peace by them. */
export const crashSignals: ReadonlySet<string> = new Set([
  'ABRT',
  'SEGV',
  'ILL',
  'BUS',
  'FPE',
  'TRAP',
  'SYS',
]);
