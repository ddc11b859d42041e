import { keyBytes, keyWords } from './dedup-generation.ts';

/**
 * What the de-duplication window holds of an event: words 0..3 are its key (tenant and event id, hashed), 4
 * and 5 its content hash. One buffer seen as bytes and as words, so that a hash is copied in without
 * arithmetic.
 */
export class EventKey {
  readonly words = new Uint32Array(keyWords);
  readonly #bytes = new Uint8Array(this.words.buffer, 0, keyBytes);

  /** @param id 16 bytes. @param content 8 bytes. */
  set(id: Uint8Array, content: Uint8Array): void {
    this.#bytes.set(id, 0);
    this.#bytes.set(content, 16);
  }
}
