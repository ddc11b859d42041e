import { createHash, randomBytes } from 'node:crypto';
import { existsSync, realpathSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The JVM's archive of loaded classes (CDS): a broker starts in 1.2 s instead of 1.9 and costs 1.5 s of CPU
 * instead of 2.4. The first broker that ends in peace writes it. Only this Java and these jars can use it;
 * the JVM checks that too and goes on without.
 */
export function archivePath(java: string, libs: string, folder: string): string {
  const program = realpathSync(java);
  const origin = [program, statSync(program).mtimeMs, libs, statSync(libs).mtimeMs].join(' ');
  return join(folder, `classes-${createHash('sha256').update(origin).digest('hex').slice(0, 12)}.jsa`);
}

/** Nothing of the JVM's own log may reach standard output: that is where tools answer. */
const quiet = ['-Xshare:auto', '-Xlog:disable', '-Xlog:all=error:stderr'];

export function archiveFlags(path: string): string[] {
  return existsSync(path) ? [`-XX:SharedArchiveFile=${path}`, ...quiet] : quiet;
}

/** An archive being written by one JVM at its exit, which takes it 2 s more. */
export interface ArchiveRecording {
  readonly flags: string[];
  /** To be called when the JVM has ended; several may have recorded, and the last one stays. */
  keep(): void;
}

/** Undefined when there is one already. */
export function recordArchive(path: string): ArchiveRecording | undefined {
  if (existsSync(path)) return undefined;
  const ours = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  return {
    flags: [`-XX:ArchiveClassesAtExit=${ours}`],
    keep: () => {
      if (existsSync(ours)) renameSync(ours, path);
    },
  };
}
