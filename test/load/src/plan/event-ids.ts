/** Event ids that say which event of which run they are, so that a ledger of millions needs no map. */

/** A UUID (version 4 by its bits) that carries the run's seed and the event's number. */
export function eventIdOf(seed: number, index: number): string {
  const high = (seed >>> 0).toString(16).padStart(8, '0');
  const low = index.toString(16).padStart(12, '0');
  return `${high}-0000-4000-8000-${low}`;
}

/** The number in an id of this run's seed; -1 for any other. `id` is the 16 bytes as stored. */
export function indexOfEventId(seed: number, id: Uint8Array): number {
  const bytes = Buffer.from(id.buffer, id.byteOffset, id.byteLength);
  if (bytes.length !== 16 || bytes.readUInt32BE(0) !== seed >>> 0) return -1;
  return bytes.readUInt32BE(4) === 0x0000_4000 && bytes.readUInt16BE(8) === 0x8000
    ? bytes.readUIntBE(10, 6)
    : -1;
}

/** The numbers of this run's events whose ids stand in a body: as text, or as the bytes that Avro has. */
export function idsIn(seed: number, body: Buffer): number[] {
  const prefix = eventIdOf(seed, 0).slice(0, -12);
  const found = new Set<number>();
  const bytes = Buffer.from(prefix.replaceAll('-', ''), 'hex');
  for (let at = body.indexOf(bytes); at >= 0; at = body.indexOf(bytes, at + 1)) {
    if (at + 16 <= body.length) found.add(body.readUIntBE(at + bytes.length, 6));
  }
  for (let at = body.indexOf(prefix); at >= 0; at = body.indexOf(prefix, at + 1)) {
    const digits = body.toString('latin1', at + prefix.length, at + prefix.length + 12);
    if (/^[0-9a-f]{12}$/.test(digits)) found.add(Number.parseInt(digits, 16));
  }
  return [...found];
}
