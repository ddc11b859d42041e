import { encodeBatch, openTransactionSession, type Cluster } from '@penstock/kafka';
import { brokerKind, givenBootstrap, startKafka, type TestKafka, uniqueName } from '@penstock/test-broker';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Whether a test can reach the files of a broker. */
export const canDamage = givenBootstrap() === undefined && brokerKind() === 'jvm';

/** A broker whose logs can be written to. Stopped when the test ends. */
export async function kafkaToDamage(): Promise<{ kafka: TestKafka; logOf(topic: string): string }> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-damaged-'));
  const kafka = await startKafka({ dataFolderOf: () => join(folder, 'data') });
  onTestFinished(async () => {
    await kafka[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });
  return { kafka, logOf: (topic) => join(folder, 'data', `${topic}-0`, '00000000000000000000.log') };
}

/**
 * Makes the name of the first batch's only header longer than the batch, under a right checksum. No broker
 * takes such a batch.
 */
export async function breakHeader(log: string): Promise<void> {
  const bytes = await readFile(log);
  const batch = bytes.subarray(0, 12 + bytes.readInt32BE(8));
  batch[batch.lastIndexOf('stream-time') - 1] = 0x7e; // a zigzag varint: 63
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  await using file = await open(log, 'r+');
  await file.write(batch, 0, batch.length, 0);
}

/** A batch of more offsets than the first look back, whose checksum is wrong: its end is not known. */
export async function writeDamaged(cluster: Cluster, topic: string, log: string): Promise<void> {
  const record = { key: null, value: Buffer.from('damaged'), timestampMs: Date.now() };
  await using session = await openTransactionSession(cluster, { transactionalId: uniqueName('damaged') });
  session.append(topic, 0, encodeBatch(Array.from({ length: 17 }, () => record)));
  await session.commit();
  const at = (await readFile(log)).lastIndexOf('damaged');
  await using file = await open(log, 'r+');
  await file.write('DAMAGED', at);
}

/** Changes the last byte of a batch (from 0), as a bad disk does: its checksum is wrong from then on. */
export async function damageBatch(log: string, index: number): Promise<void> {
  const bytes = await readFile(log);
  const endOf = (at: number): number => at + 12 + bytes.readInt32BE(at + 8);
  let end = endOf(0);
  for (let n = 0; n < index; n += 1) end = endOf(end);
  await using file = await open(log, 'r+');
  await file.write(Buffer.of(bytes[end - 1]! ^ 0xff), 0, 1, end - 1);
}

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f6_3b78 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
