import { writeSync } from 'node:fs';

/**
 * The only way the Runner writes. Never console, process.stdout or process.stderr: as soon as they are
 * touched they set O_NONBLOCK on the pipe, it outlives the exec, and the service dies of EAGAIN after 61 KB
 * (nodejs/node#14752).
 */
export function say(text: string): void {
  writeAll(2, text.replaceAll(/^/gm, 'penstock-run: ') + '\n');
}

export function print(text: string): void {
  writeAll(1, text + '\n');
}

/** Others may have made the pipe non-blocking already: wait for the reader, but not for ever. */
function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text);
  for (let waits = 0; rest.length > 0 && waits < 100;) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      waits++;
    }
  }
}
