import type { Digest } from './record-digests.ts';

/** Records that can be looked at one by one. */
export interface DigestReader {
  peek(): Promise<Digest | undefined>;
  take(): void;
}

export interface Matched {
  /** Offsets of the last record of `few` that was found, and of the one that it was found as. */
  readonly last: { readonly few: bigint; readonly many: bigint } | undefined;
  /** The first record of `few` that is not in `many`; undefined: all are. */
  readonly missing: bigint | undefined;
  /** How many records of `many` lie after the last one that was found. */
  readonly left: number;
}

/** Finds the records of `few` among those of `many`: in the same order, perhaps with more between them. */
export async function matchInOrder(few: DigestReader, many: DigestReader): Promise<Matched> {
  let last: Matched['last'];
  let left = 0;
  for (let wanted = await few.peek(); wanted !== undefined; wanted = await few.peek()) {
    let found = await many.peek();
    for (left = 0; found !== undefined && found.crc !== wanted.crc; found = await many.peek()) {
      left += 1;
      many.take();
    }
    if (found === undefined) return { last, missing: wanted.offset, left };
    last = { few: wanted.offset, many: found.offset };
    few.take();
    many.take();
  }
  return { last, missing: undefined, left: 0 };
}
