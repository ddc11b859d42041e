import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { problemBody, problemContentType, problems, type ProblemCode } from '../api/problems.ts';
import type { ReceiverMetrics } from '../metrics.ts';
import { malformed } from '../request/body-reads.ts';
import { recoverRequest, type RecoveredRequest } from './non-ascii-url.ts';

export interface RefusalOptions {
  app: FastifyInstance;
  metrics: ReceiverMetrics;
  /** How much longer than its headers a connection that never sent a byte may stay. */
  muteMs: number;
}

type ParserError = NodeJS.ErrnoException & { rawPacket?: unknown };
/** Node keeps the answer that is due next here (lib/_http_server.js, socketOnError reads it, too). */
type HttpSocket = Socket & { _httpMessage?: ServerResponse | null };

const refused = new WeakSet<Socket>();

/** Answers what never became a request: bad syntax, smuggling, headers that are too large or too slow. */
export function refuseConnection(error: ParserError, socket: HttpSocket, o: RefusalOptions): void {
  // The client has gone, perhaps in the middle of a body: nobody is left to be answered.
  const gone = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
  // Without a handshake there is no way to answer that its client could read; plain HTTP ends here, too.
  const unsafe = error.code === 'EPROTO' || /^ERR_(SSL|TLS)_/.test(error.code ?? '');
  if (gone || unsafe || !socket.writable) return void socket.destroy();
  // The parser fails again with every further byte.
  if (refused.has(socket)) return;
  const code = connectionProblem(error.code);
  if (code === 'slow-request' && socket.bytesRead === 0) {
    // It has not asked for anything: browsers open connections ahead.
    return endIfMute(socket, o.muteMs);
  }
  refused.add(socket);
  const { rawPacket } = error;
  const isUrl = error.code === 'HPE_INVALID_URL' && !socket._httpMessage && Buffer.isBuffer(rawPacket);
  const recovered = isUrl ? recoverRequest(rawPacket) : undefined;
  if (recovered) void answerRecovered(recovered, socket, o);
  else refuseInTurn(code, socket, o.metrics);
}

/**
 * Not by the socket's own time-out: that would also cut off a request that comes later and waits for
 * Kafka.
 */
function endIfMute(socket: Socket, muteMs: number): void {
  const timer = setTimeout(() => socket.bytesRead === 0 && socket.destroy(), muteMs);
  socket.once('close', () => clearTimeout(timer));
}

/** Ends the connection with a problem document. */
export function refuseSocket(code: ProblemCode, socket: Socket, metrics: ReceiverMetrics): void {
  metrics.discarded.add(1, code);
  const { status, title } = problems[code];
  const text = problemBody(code, randomUUID());
  endWith(socket, `${status} ${title}`, { 'content-type': problemContentType }, Buffer.from(text));
}

/**
 * The bad bytes may stand behind requests that still wait for Kafka. An answer to the bytes would be taken
 * for the answer to the first of those, so it comes after theirs. If they stand in a body, that request
 * itself is refused.
 */
function refuseInTurn(code: ProblemCode, socket: HttpSocket, metrics: ReceiverMetrics): void {
  if (!socket.writable) return;
  const due = socket._httpMessage;
  if (!due) return refuseSocket(code, socket, metrics);
  if (due.req.complete) due.once('close', () => setImmediate(refuseInTurn, code, socket, metrics));
  else if (!due.req.emit(malformed)) socket.destroy();
}

/** Runs it as a request of its own; the connection has no parser any more, so it ends. */
async function answerRecovered(
  { url, headers }: RecoveredRequest,
  socket: Socket,
  { app, metrics }: RefusalOptions,
): Promise<void> {
  const remoteAddress = socket.remoteAddress ?? '';
  try {
    const answer = await app.inject({ method: 'GET', url, headers, remoteAddress });
    const { 'content-type': contentType = '', 'retry-after': retryAfter } = answer.headers;
    const kept = {
      'content-type': String(contentType),
      'cache-control': 'no-store',
      ...(retryAfter !== undefined && { 'retry-after': String(retryAfter) }),
    };
    endWith(socket, `${answer.statusCode} ${answer.statusMessage}`, kept, answer.rawPayload);
  } catch {
    refuseSocket('bad-request', socket, metrics);
  }
}

function endWith(socket: Socket, status: string, headers: Record<string, string>, body: Buffer): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const rest = `connection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${lines.join('')}${rest}`), body]));
  socket.destroySoon();
}

function connectionProblem(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'slow-request' : 'bad-request';
}
