import { closeSync, readdirSync, readFileSync } from 'node:fs';

const closeOnExec = 0o2000000;

/**
 * Closes what the service would inherit besides 0, 1, 2 and `keep`, and returns the numbers. Node marks
 * inherited descriptors close-on-exec, but stops at the first hole above 15, so 20 and 200 would leak. It
 * runs before the change of user, because afterwards /proc/self/fd belongs to root.
 */
export function closeInheritedDescriptors(keep: readonly number[]): number[] {
  const closed: number[] = [];
  for (const name of readdirSync('/proc/self/fd')) {
    const descriptor = Number(name);
    if (descriptor <= 2 || keep.includes(descriptor) || !survivesExec(descriptor)) continue;
    closeSync(descriptor);
    closed.push(descriptor);
  }
  return closed;
}

/**
 * Which of `keep` cannot be kept. Node cannot take close-on-exec off again (it has no fcntl and no dup), so
 * only a number that Node overlooked passes.
 */
export function keepingProblems(keep: readonly number[]): string[] {
  return keep
    .filter((descriptor) => !survivesExec(descriptor))
    .map(
      (descriptor) =>
        `descriptor ${descriptor} cannot be kept: it is not open, or Node has marked it close-on-exec, ` +
        'as it does from 3 up to the first free number above 15. Let the caller move it up, as in ' +
        "bash -c 'exec 20<&3 3<&- penstock-run --keep-fd 20 ...'",
    );
}

/** False also for the descriptor of the listing itself, which is gone by now. */
function survivesExec(descriptor: number): boolean {
  let info: string;
  try {
    info = readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8');
  } catch {
    return false;
  }
  const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
  return (parseInt(flags ?? '0', 8) & closeOnExec) === 0;
}
