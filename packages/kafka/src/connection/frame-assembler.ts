/**
 * No answer that we ask for is larger: the largest are fetches, limited to `responseMaxBytes` plus one batch.
 */
const frameBytesMax = 512 * 1024 * 1024;

/** Small answers, and the beginnings of large ones, are read into a landing buffer of this size. */
const landingBytes = 32 * 1024;

/** A large frame for which `memoryFor` gives nothing begins with this much memory. */
const growsFromBytes = 1024 * 1024;

/** Takes the frames of one socket. */
export interface FrameReceiver {
  /** Memory of at least `bytes` for the next frame; undefined leaves the memory to the assembler. */
  memoryFor(bytes: number): Buffer | undefined;
  /** A whole frame, in memory that nothing else uses or that `memoryFor` gave. */
  onFrame(frame: Buffer): void;
}

/**
 * Cuts the bytes of a socket into frames: 4 bytes of length, then that many bytes. The reader of the socket
 * puts bytes into `room` and then says how many. A large frame is read straight into its own memory, apart
 * from its first 32 KiB: those are in the landing buffer by the time its length is known.
 *
 * A frame for which `memoryFor` gives nothing gets memory only as its bytes arrive, twice as much each time.
 * So neither a broker nor damage on the way makes this process allocate memory for bytes that never come.
 *
 * Measured against joining chunks of 64 KiB into a fresh buffer for each frame (1 KB records, 8 MiB answers,
 * buffers reused): 0.7 us instead of 1.9 us CPU a record, GC 3 % instead of 24 %.
 */
export class FrameAssembler {
  readonly #receiver: FrameReceiver;
  readonly #landing = Buffer.allocUnsafeSlow(landingBytes);
  /** Bytes of an incomplete length at the beginning of the landing buffer: 0 to 3. */
  #landed = 0;
  #frame: Buffer | undefined;
  #frameBytes = 0;
  #filled = 0;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** Where the next bytes go. Never empty; valid until the next `arrived`. */
  get room(): Buffer {
    const frame = this.#frame;
    if (frame) return frame.subarray(this.#filled, Math.min(frame.length, this.#frameBytes));
    return this.#landing.subarray(this.#landed);
  }

  /**
   * This many bytes were put into `room`. Throws RangeError for a length that no broker sends: the stream is
   * lost then.
   */
  arrived(bytes: number): void {
    const frame = this.#frame;
    if (!frame) {
      this.#cut(this.#landed + bytes);
      return;
    }
    this.#filled += bytes;
    if (this.#filled === this.#frameBytes) this.#complete(frame);
    else if (this.#filled === frame.length) this.#grow(frame);
  }

  #cut(end: number): void {
    const landing = this.#landing;
    let at = 0;
    while (end - at >= 4) {
      const length = landing.readInt32BE(at);
      at += 4;
      if (length < 4 || length > frameBytesMax) throw new RangeError(`a frame of ${length} bytes`);
      if (length > end - at) {
        this.#begin(length, landing.subarray(at, end));
        return;
      }
      this.#receiver.onFrame(Buffer.from(landing.subarray(at, at + length)));
      at += length;
    }
    landing.copyWithin(0, at, end);
    this.#landed = end - at;
  }

  #begin(length: number, beginning: Buffer): void {
    this.#frame =
      this.#receiver.memoryFor(length) ??
      Buffer.allocUnsafeSlow(Math.min(length, Math.max(growsFromBytes, 2 * beginning.length)));
    beginning.copy(this.#frame);
    this.#landed = 0;
    this.#frameBytes = length;
    this.#filled = beginning.length;
  }

  #grow(full: Buffer): void {
    this.#frame = Buffer.allocUnsafeSlow(Math.min(this.#frameBytes, 2 * full.length));
    full.copy(this.#frame);
  }

  #complete(frame: Buffer): void {
    this.#frame = undefined;
    this.#receiver.onFrame(frame.length === this.#frameBytes ? frame : frame.subarray(0, this.#frameBytes));
  }
}
