/** Marker (2) and fingerprint (8) in front of every single-object record. */
export const headerBytes = 10;

/** The bytes with which every record of one schema begins: C3 01 and the fingerprint. */
export function singleObjectHeader(fingerprint: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(0xc3, 0x01), fingerprint]);
}

export function hasHeader(bytes: Uint8Array, position: number, header: Uint8Array): boolean {
  if (bytes.length - position < headerBytes) return false;
  for (let i = 0; i < headerBytes; i++) if (bytes[position + i] !== header[i]) return false;
  return true;
}

/** True when the bytes begin with a single-object record of any schema. */
export function looksLikeAvro(bytes: Uint8Array): boolean {
  return bytes.length >= headerBytes && bytes[0] === 0xc3 && bytes[1] === 0x01;
}
