import type { IncomingMessage } from 'node:http';
import type { ProblemCode } from '../api/problems.ts';

/**
 * What is wrong with a request before anything is made of it: what Node's parser lets through and HTTP does
 * not.
 */
export function requestProblem(request: IncomingMessage, headerCountMax: number): ProblemCode | undefined {
  const { httpVersion, headers, rawHeaders } = request;
  if (rawHeaders.length > headerCountMax * 2) return 'headers-too-large';
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'bad-request';
  // Servers that take different ones of two hosts can be played against each other (RFC 9112, 3.2).
  const hosts = countOf(rawHeaders, 'host');
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return 'bad-request';
  const transfer = headers['transfer-encoding'];
  if (transfer === undefined) return undefined;
  // HTTP/1.0 knows no chunks: a proxy before us may have seen another end of the body.
  if (httpVersion === '1.0') return 'bad-request';
  return transfer.trim().toLowerCase() === 'chunked' ? undefined : 'unsupported-transfer-encoding';
}

function countOf(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const header = rawHeaders[n]!;
    if (header.length === name.length && header.toLowerCase() === name) count += 1;
  }
  return count;
}
