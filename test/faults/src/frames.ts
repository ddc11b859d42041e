/**
 * A piece of the stream that belongs to one frame: forwarded or not as a whole frame, but without waiting
 * for all of it.
 */
export interface FramePiece {
  bytes: Buffer;
  /** The first bytes of the frame, length field included; given with its first piece only. */
  header?: Buffer;
}

/**
 * Splits one direction of a Kafka connection into pieces of frames (a 4-byte length, then that many bytes).
 * It holds back at most an incomplete header. `headerBytes` counts the length field: 12 for requests (api
 * key, version, correlation id), 8 for responses (correlation id); a shorter frame has a shorter header.
 */
export class FrameSplitter {
  readonly #headerBytes: number;
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of the current frame still to come. */
  #missing = 0;

  constructor(headerBytes: number) {
    this.#headerBytes = headerBytes;
  }

  split(chunk: Buffer): FramePiece[] {
    const pieces: FramePiece[] = [];
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    while (rest.length > 0) {
      if (this.#missing > 0) {
        const bytes = rest.subarray(0, this.#missing);
        pieces.push({ bytes });
        this.#missing -= bytes.length;
        rest = rest.subarray(bytes.length);
        continue;
      }
      if (rest.length < 4) break;
      // A negative length, which only a stranger sends, goes on as it is: who answers for it is the broker.
      const frameBytes = 4 + Math.max(0, rest.readInt32BE(0));
      const headerBytes = Math.min(this.#headerBytes, frameBytes);
      if (rest.length < headerBytes) break;
      const bytes = rest.subarray(0, Math.min(frameBytes, rest.length));
      pieces.push({ bytes, header: rest.subarray(0, headerBytes) });
      this.#missing = frameBytes - bytes.length;
      rest = rest.subarray(bytes.length);
    }
    this.#held = Buffer.from(rest);
    return pieces;
  }
}

export const requestHeaderBytes = 12;
export const responseHeaderBytes = 8;

export function apiKeyOf(requestHeader: Buffer): number {
  return requestHeader.length < requestHeaderBytes ? -1 : requestHeader.readInt16BE(4);
}

export function correlationOf(header: Buffer): number {
  return header.length < responseHeaderBytes ? -1 : header.readInt32BE(header.length - 4);
}
