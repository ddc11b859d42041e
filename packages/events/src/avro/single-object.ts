/** Marker (2) and fingerprint (8) in front of every single-object record. */
export const headerBytes = 10;

/** The fixed beginning of every record of one schema: C3 01 and its fingerprint. */
export function singleObjectHeader(fingerprint: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0xc3, 0x01), fingerprint]);
}

export function hasHeader(bytes: Uint8Array, position: number, header: Uint8Array): boolean {
  if (bytes.length - position < headerBytes) return false;
  for (let i = 0; i < headerBytes; i++) if (bytes[position + i] !== header[i]) return false;
  return true;
}

/** Does a single-object record of any schema start here? */
export function looksLikeAvro(bytes: Uint8Array): boolean {
  return bytes.length >= headerBytes && bytes[0] === 0xc3 && bytes[1] === 0x01;
}
