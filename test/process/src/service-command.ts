import { join } from 'node:path';

const checkout = join(import.meta.dirname, '../../..');

/** The command of a service: its package's folder below packages/, and its arguments. */
export function serviceCommand(service: string, ...args: readonly string[]): string[] {
  return [process.execPath, join(checkout, 'packages', service, 'src/main.ts'), ...args];
}

/** The Runner, which set-up has built. Its options follow. */
export const runnerCommand: readonly [node: string, runner: string] = [
  process.execPath,
  join(checkout, 'packages/runner/dist/penstock-run.cjs'),
];

/**
 * The same command, started by the Runner as operators do. The Runner becomes it, so the pid stays the
 * same.
 */
export function throughRunner(command: readonly string[]): string[] {
  const asRoot = process.getuid?.() === 0 ? ['--allow-root'] : [];
  return [...runnerCommand, ...asRoot, '--keep-env', 'PENSTOCK_*', '--', ...command];
}
