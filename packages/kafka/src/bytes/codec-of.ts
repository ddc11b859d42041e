import { codecs } from '../compression/codec.ts';
import type { Codec } from '../compression/codec.ts';
import { CorruptBatchError } from '../compression/corrupt-batch.ts';
import { attributesAt, codecBits } from './batch-header.ts';

/** How the records of a batch are compressed. Throws CorruptBatchError for a number that is no codec's. */
export function codecOf(batch: Buffer): Codec {
  const number = attributesAt(batch, 0) & codecBits;
  const codec = codecs[number];
  if (codec === undefined) throw new CorruptBatchError(`codec ${number} is not known`);
  return codec;
}
