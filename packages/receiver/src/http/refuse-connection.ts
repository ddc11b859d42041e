import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { problemBody, problemContentType, problems, type ProblemCode } from '../api/problems.ts';
import type { ReceiverMetrics } from '../metrics.ts';

/** Answers what never became a request: bad syntax, smuggling, headers that are too large or too slow. */
export function refuseConnection(
  error: NodeJS.ErrnoException,
  socket: Socket,
  metrics: ReceiverMetrics,
): void {
  // The client has gone, perhaps in the middle of a body: nobody is left to be answered.
  const gone = error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE';
  if (gone || !socket.writable || answerIsDue(socket)) return void socket.destroy();
  const code = connectionProblem(error.code);
  metrics.discarded.add(1, code);
  const text = problemBody(code, randomUUID());
  const { status } = problems[code];
  socket.write(
    `HTTP/1.1 ${status} ${problems[code].title}\r\nconnection: close\r\n` +
      `content-type: ${problemContentType}\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
  socket.destroySoon();
}

/**
 * An earlier request on this connection still waits for Kafka. If we answered the bad bytes behind it, the
 * client would take that for the answer to its first request, which may be stored. So it gets no answer, and
 * sends the request again. Node reads the same field in lib/_http_server.js, socketOnError.
 */
function answerIsDue(socket: Socket & { _httpMessage?: unknown }): boolean {
  return Boolean(socket._httpMessage);
}

function connectionProblem(code: string | undefined): ProblemCode {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers-too-large';
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'slow-request' : 'bad-request';
}
