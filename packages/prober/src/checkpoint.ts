import { open, readFile, rename } from 'node:fs/promises';
import { isSystemError, unreadableFile, unwritableFile } from '@penstock/service';
import type { StreamState } from './account/stream-account.ts';
import type { LastingIncident } from './alert/incidents.ts';
import { ProberError } from './errors.ts';
import { wallClockMs } from './wall-clock.ts';
import type { Offsets, TopicIds } from './watch/hop-reader.ts';

/** What a restart must not forget. */
export interface Checkpoint {
  readonly version: 1;
  readonly run: number;
  /** What the numbers of the streams mean; with another one they are somebody else's. */
  readonly layout: string;
  readonly takenAtMs: number;
  readonly streams: readonly StreamState[];
  /** None in the files of older versions. */
  readonly incidents?: readonly LastingIncident[];
  /** By hop, such as `fra/clean`. */
  readonly offsets: Readonly<Record<string, Offsets>>;
  /** Of which topics they are, likewise; none in the files of older versions. */
  readonly topicIds?: Readonly<Record<string, TopicIds>>;
}

/**
 * Reads a checkpoint; undefined when there is none yet.
 * @throws ProberError CHECKPOINT when the file cannot be read as one: an operator moves it away, and
 * accepts that the probes under way are forgotten.
 */
export async function readCheckpoint(path: string, layout: string): Promise<Checkpoint | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ProberError('CHECKPOINT', unreadableFile(path, error, 'checkpoint'), { cause: error });
  }
  const found = parsed(text);
  if (found?.version !== 1) {
    throw new ProberError('CHECKPOINT', `${path} is no checkpoint; move it away to begin anew`);
  }
  if (found.layout !== layout) {
    throw new ProberError(
      'CHECKPOINT',
      `${path} is for other datacenters or keys (${found.layout}); move it away to begin anew`,
    );
  }
  return found;
}

/**
 * Whole or not at all, also over a power cut: written beside, synced, then renamed.
 * @throws ProberError CHECKPOINT for what the system refuses, and nothing else: the watch goes on without a
 * checkpoint.
 */
export async function writeCheckpoint(
  path: string,
  checkpoint: Omit<Checkpoint, 'version' | 'takenAtMs'>,
): Promise<void> {
  try {
    const beside = `${path}.new`;
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify({ version: 1, takenAtMs: wallClockMs(), ...checkpoint }));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new ProberError('CHECKPOINT', unwritableFile(path, error, 'checkpoint'), { cause: error });
  }
}

function parsed(text: string): Checkpoint | null | undefined {
  try {
    return JSON.parse(text) as Checkpoint | null;
  } catch {
    return undefined;
  }
}
