import { freeBytes } from './free-bytes.ts';

/**
 * The bytes of one body as they arrive. A Buffer costs some 250 bytes beside its content, so a body of one-
 * byte chunks would hold hundreds of times what it weighs: small chunks are gathered in blocks, large ones
 * are kept as they are.
 */
export class BodyPieces {
  #pieces: Buffer[] = [];
  #block = Buffer.alloc(0);
  #blockUsed = 0;
  #bytes = 0;
  #heldBytes = 0;

  /** Bytes of the body so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Memory that they take: whole blocks and the objects around them included. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** How much more is held once `chunk` is added. */
  costOf(chunk: Buffer): number {
    if (chunk.length <= this.#block.length - this.#blockUsed) return 0;
    return pieceOverheadBytes + (this.#isKept(chunk) ? chunk.length : blockBytes);
  }

  /** The chunk is the caller's no more: it may be kept as it is. */
  add(chunk: Buffer): void {
    const kept = this.#isKept(chunk);
    this.#heldBytes += this.costOf(chunk);
    this.#bytes += chunk.length;
    if (chunk.length > this.#block.length - this.#blockUsed) {
      this.#closeBlock();
      if (kept) return void this.#pieces.push(chunk);
      this.#block = Buffer.allocUnsafeSlow(blockBytes);
    }
    this.#blockUsed += chunk.copy(this.#block, this.#blockUsed);
  }

  /**
   * The whole body, and nothing is held here any more. Only a body of several pieces is copied; their memory
   * is given back.
   */
  join(): Buffer {
    this.#closeBlock();
    const [first] = this.#pieces;
    const body = first && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces, this.#bytes);
    if (body !== first) for (const piece of this.#pieces) freeBytes(piece);
    this.#pieces = [];
    this.#heldBytes = 0;
    return body;
  }

  /** Most bodies arrive as one chunk: the first is kept, however small. */
  #isKept(chunk: Buffer): boolean {
    return this.#bytes === 0 || chunk.length >= keptBytesMin;
  }

  #closeBlock(): void {
    if (this.#blockUsed > 0) this.#pieces.push(this.#block.subarray(0, this.#blockUsed));
    this.#block = Buffer.alloc(0);
    this.#blockUsed = 0;
  }
}

const blockBytes = 8 * 1024;
/** From here on a chunk is worth an object of its own. */
const keptBytesMin = 2 * 1024;
/** A Buffer, its ArrayBuffer and the bookkeeping of the allocator. */
const pieceOverheadBytes = 256;
