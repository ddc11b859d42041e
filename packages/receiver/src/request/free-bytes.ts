/**
 * Gives the memory of a large Buffer back at once: nobody may read it any more. The garbage collector sees
 * only the small object in front of it, so it would let a hundred bodies lie before it runs, and each new one
 * would get memory that no cache has seen. A Buffer that shares its memory with others is left alone.
 */
export function freeBytes(bytes: Buffer): void {
  const { buffer } = bytes;
  if (bytes.length < freedBytesMin || bytes.length !== buffer.byteLength) return;
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** Below, freeing costs more than it gives. */
const freedBytesMin = 4 * 1024;
