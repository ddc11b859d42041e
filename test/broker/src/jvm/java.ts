import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type ArchiveRecording, archiveFlags, archivePath, recordArchive } from './class-archive.ts';

/** The checkout; the jars are below it, where infra/setup.mjs puts them. */
const root = join(import.meta.dirname, '../../../..');
export const cacheFolder = join(root, '.cache/kafka');
const libs = join(cacheFolder, 'libs');

/** The java program (JAVA_HOME first, then PATH), or undefined on a machine without one. */
export function findJava(): string | undefined {
  const home = process.env['JAVA_HOME'];
  const folders = [...(home ? [join(home, 'bin')] : []), ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.map((folder) => join(folder, 'java')).find((path) => existsSync(path));
}

/** The version of the broker's jar, such as "4.2.1"; undefined when the jars are not there. */
export function kafkaVersion(): string | undefined {
  if (!existsSync(libs)) return undefined;
  return readdirSync(libs)
    .map((name) => /^kafka_2\.13-(\d+\.\d+\.\d+)\.jar$/.exec(name)?.[1])
    .find((version) => version !== undefined);
}

/** True when a broker can run as a child process: Java and the jars are there. */
export function canRunJvm(): boolean {
  return findJava() !== undefined && kafkaVersion() !== undefined;
}

/** A command line for one of Kafka's classes. */
export interface JavaCommand {
  program: string;
  args: string[];
}

/**
 * `heapMb` is the most the heap may grow to. Flags: start time and memory before throughput, since many
 * short JVMs share few cores (C1 only, serial collector, the class archive of the JDK); a full heap ends
 * the process instead of limping.
 */
export function javaCommand(
  mainClass: string,
  args: readonly string[],
  options: {
    heapMb: number;
    logConfig: string;
    properties?: Record<string, string>;
    recording?: ArchiveRecording | undefined;
  },
): JavaCommand {
  const program = findJava();
  if (!program) throw new Error('no java program: install Java 17 or newer, or set JAVA_HOME');
  if (!existsSync(libs)) throw new Error(`no Kafka jars in ${libs}: run "node infra/setup.mjs"`);
  const properties = {
    'java.awt.headless': 'true',
    'log4j2.configurationFile': options.logConfig,
    ...options.properties,
  };
  return {
    program,
    args: [
      '-Xms48m',
      `-Xmx${options.heapMb}m`,
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-XX:-UsePerfData',
      '-XX:+ExitOnOutOfMemoryError',
      ...(options.recording?.flags ?? []),
      ...archiveFlags(archivePath(program, libs, cacheFolder)),
      ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
      '-cp',
      join(libs, '*'),
      mainClass,
      ...args,
    ],
  };
}

/** For the JVM that is to write the class archive; undefined when there is one, or nothing to run. */
export function recordClasses(): ArchiveRecording | undefined {
  const program = findJava();
  return program && canRunJvm() ? recordArchive(archivePath(program, libs, cacheFolder)) : undefined;
}
