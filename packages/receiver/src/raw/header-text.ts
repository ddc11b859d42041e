import { isUtf8 } from 'node:buffer';

const beyondAscii = /[\u0080-\u00ff]/;
// eslint-disable-next-line no-control-regex
const control = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * A header that a client wrote, as text that may travel: UTF-8 where its bytes are that (Node hands headers
 * over as latin1), without control characters, at most `lengthMax` characters. Undefined when nothing is
 * left.
 */
export function headerText(value: string | string[] | undefined, lengthMax: number): string | undefined {
  if (value === undefined) return undefined;
  const first = typeof value === 'string' ? value : (value[0] ?? '');
  const clean = decoded(first).replace(control, '').trim();
  if (clean.length <= lengthMax) return clean === '' ? undefined : clean;
  // Not in the middle of a surrogate pair.
  return clean.slice(0, lengthMax).replace(/[\ud800-\udbff]$/, '');
}

function decoded(value: string): string {
  if (!beyondAscii.test(value)) return value;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}
