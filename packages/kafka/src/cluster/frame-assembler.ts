/** No answer that we ask for is larger: fetches are bounded by `responseMaxBytes` plus one batch. */
const frameBytesMax = 512 * 1024 * 1024;

/**
 * Joins socket chunks to whole frames (4 bytes of length, then that many). A frame that lies in one chunk is handed out
 * as a view; a longer one is copied once into a buffer of its own size.
 */
export class FrameAssembler {
  readonly #onFrame: (frame: Buffer) => void;
  #partial: Buffer | undefined;
  #filled = 0;
  #lengthBytes = Buffer.alloc(4);
  #lengthFilled = 0;

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Throws RangeError for a length that no broker sends: the stream is lost then. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#partial) {
        const copied = chunk.copy(this.#partial, this.#filled, at);
        at += copied;
        this.#filled += copied;
        if (this.#filled < this.#partial.length) return;
        const frame = this.#partial;
        this.#partial = undefined;
        this.#onFrame(frame);
      } else if (this.#lengthFilled === 0 && chunk.length - at >= 4) {
        at = this.#begin(chunk, at + 4, chunk.readInt32BE(at));
      } else {
        this.#lengthBytes[this.#lengthFilled++] = chunk[at++]!;
        if (this.#lengthFilled < 4) continue;
        this.#lengthFilled = 0;
        at = this.#begin(chunk, at, this.#lengthBytes.readInt32BE(0));
      }
    }
  }

  #begin(chunk: Buffer, at: number, length: number): number {
    if (length < 4 || length > frameBytesMax) throw new RangeError(`a frame of ${length} bytes`);
    if (chunk.length - at >= length) {
      this.#onFrame(chunk.subarray(at, at + length));
      return at + length;
    }
    this.#partial = Buffer.allocUnsafeSlow(length);
    this.#filled = 0;
    return at;
  }
}
