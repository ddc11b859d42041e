import { bytesOfItem, type Span } from '@penstock/events';

/** Every events.rejected takes this much, since it must take 64 KiB more than raw. */
const fitsBytes = 64 * 1024;
/** Of all rejected events of one request together, each with a copy of its envelope. */
const envelopedBytesMax = 32 * 1024 * 1024;

export interface Original {
  readonly bytes: Uint8Array;
  /** They are not as the raw record stores them. */
  readonly inflated: boolean;
  /** For the header `detail`, when the bytes are not the event as a request of its own. */
  readonly note: string;
  /** The same for programs, as the header `kept`. */
  readonly kept?: 'whole-request' | 'without-envelope';
}

/**
 * The original bytes of the rejected events of one request, for events.rejected: each as a request of its
 * own, so that it can be replayed.
 *
 * Two bounds keep a hostile client from stopping its partition. An event that inflates to more than
 * events.rejected takes could be written nowhere, so it is kept as the body that the raw record stores. And
 * 10 000 broken events in an envelope of 1 MB would make 10 GB, so after 32 MiB the further ones are kept
 * without their envelope.
 */
export class OriginalBytes {
  readonly #stored: Uint8Array;
  readonly #body: Uint8Array;
  #envelopedBytes = 0;

  /**
   * @param stored the body of the raw record.
   * @param body the same, inflated; the same view when it was not compressed.
   */
  constructor(stored: Uint8Array, body: Uint8Array) {
    this.#stored = stored;
    this.#body = body;
  }

  /** @param span undefined: the whole request. @returns bytes that may be a view of the body. */
  of(span: Span | undefined): Original {
    if (span === undefined) return { bytes: this.#stored, inflated: false, note: '' };
    const alone = span.kind === 'element' && this.#envelopedBytes > envelopedBytesMax;
    const bytes = bytesOfItem(this.#body, span, alone ? 'without' : 'with');
    if (span.kind === 'element') this.#envelopedBytes += bytes.length;
    const inflated = this.#body !== this.#stored;
    if (inflated && bytes.length > Math.max(fitsBytes, this.#stored.length)) {
      const note = '; kept as the whole request';
      return { bytes: this.#stored, inflated: false, note, kept: 'whole-request' };
    }
    if (!alone) return { bytes, inflated, note: '' };
    const note = '; kept without its envelope, which earlier rejected events of the request have';
    return { bytes, inflated, note, kept: 'without-envelope' };
  }
}
