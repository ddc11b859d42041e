/**
 * The event id of a probe says which one it is, so that no table of ids has to be kept: UUID version 8 (RFC
 * 9562, section 5.8) with run 4 bytes | mark 1 | stream 2 (around the version) | mark | sequence 6. Ids of
 * another run, or of nobody, are not ours.
 */
export interface ProbeId {
  /** Random for each life of a checkpoint, 0..2^32-1. */
  readonly run: number;
  /** 0..65535. */
  readonly stream: number;
  /** 0..2^48-1. */
  readonly sequence: number;
}

const versionByte = 0x80; // version 8
const markByte = 0x5e;
const variantByte = 0x9b;

/** 16 bytes. */
export function encodeProbeId({ run, stream, sequence }: ProbeId): Buffer {
  const id = Buffer.alloc(16);
  id.writeUInt32BE(run, 0);
  id.writeUInt16BE(stream, 4);
  id[6] = versionByte;
  id[7] = markByte;
  id[8] = variantByte;
  id[9] = markByte;
  id.writeUIntBE(sequence, 10, 6);
  return id;
}

/** Undefined: this is no probe of this run. */
export function decodeProbeId(id: Uint8Array, run: number): ProbeId | undefined {
  const bytes = Buffer.from(id.buffer, id.byteOffset, id.length);
  if (bytes.length !== 16 || bytes.readUInt32BE(0) !== run) return undefined;
  if (
    bytes[6] !== versionByte ||
    bytes[7] !== markByte ||
    bytes[8] !== variantByte ||
    bytes[9] !== markByte
  ) {
    return undefined;
  }
  return { run, stream: bytes.readUInt16BE(4), sequence: bytes.readUIntBE(10, 6) };
}
