import { closeSync, readdirSync, readFileSync } from 'node:fs';

const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes what the service would inherit besides 0, 1 and 2, and returns the numbers. Node marks inherited descriptors close-on-exec but
 * stops at the first hole above 15, so 20 and 200 leak without this. Before the drop: afterwards /proc/self/fd belongs to root.
 */
export function closeInheritedDescriptors(): number[] {
  const closed: number[] = [];
  for (const name of readdirSync('/proc/self/fd')) {
    const descriptor = Number(name);
    if (descriptor <= 2 || !survivesExec(descriptor)) continue;
    closeSync(descriptor);
    closed.push(descriptor);
  }
  return closed;
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
  return (parseInt(flags ?? '0', 8) & CLOSE_ON_EXEC) === 0;
}
