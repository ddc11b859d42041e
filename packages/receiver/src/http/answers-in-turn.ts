import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MemoryBudget } from '../request/memory-budget.ts';

/** A request whose answer waits for its turn, beside its body: its objects, the answer, some headers. */
const waitingBytes = 4 * 1024;
/** Headers are held as they came, and once more by their names. */
const headerCopies = 2;
/** With no more than this, a connection is not cut off for the limit below: an answer tells its client. */
const alwaysWaitMax = 16;
/**
 * Of the budget. The rest is for requests that are taken. So few on each of very many connections may exceed
 * it, but never the budget itself.
 */
const budgetShare = 1 / 4;

type HttpSocket = Socket & { parser?: { onIncoming: () => number } | null };

/** The answers of one connection that wait behind another one. */
interface Line {
  waiting: number;
  bytes: number;
}

/**
 * Clients may send requests one behind the other, without waiting. Answers leave in that order: all wait for
 * the first, and that one for Kafka, or for a client that does not read. Node reads on until 64 KiB of
 * answers wait, and refusals are small: so a connection held more than a megabyte that no budget knew.
 *
 * Here they are counted. When they are too many, the connection that adds to them is cut off, since nothing
 * can be said on it before the answers that are due. For its client it broke, as connections do: what was not
 * answered is sent again.
 */
export class AnswersInTurn {
  readonly #budget: MemoryBudget;
  readonly #onCut: () => void;
  readonly #lines = new WeakMap<Socket, Line>();
  #bytes = 0;

  constructor(budget: MemoryBudget, onCut: () => void) {
    this.#budget = budget;
    this.#onCut = onCut;
  }

  /** Before anything else of each request. False: its connection is cut off, and nothing may come of it. */
  admit(response: ServerResponse): boolean {
    const { socket } = response.req;
    if (socket.destroyed) return false;
    // Node gives it the socket when its turn comes: most requests have it at once.
    if (response.socket !== null) return true;
    const line = this.#lineOf(socket);
    const bytes = weightOf(response.req);
    if ((line.waiting >= alwaysWaitMax && this.#isFull()) || this.#bytes + bytes > this.#budget.bytesMax) {
      this.#onCut();
      cutOff(socket);
      return false;
    }
    this.#count(line, 1, bytes);
    response.once('socket', () => {
      // After the connection's end all of them have been given back.
      if (line.waiting > 0) this.#count(line, -1, -bytes);
    });
    return true;
  }

  #isFull(): boolean {
    const { bytesMax } = this.#budget;
    return this.#bytes + waitingBytes > bytesMax * budgetShare || !this.#budget.fits(waitingBytes);
  }

  #lineOf(socket: Socket): Line {
    const known = this.#lines.get(socket);
    if (known) return known;
    const line: Line = { waiting: 0, bytes: 0 };
    this.#lines.set(socket, line);
    // Answers that never get their turn are not told so.
    socket.once('close', () => this.#count(line, -line.waiting, -line.bytes));
    return line;
  }

  /** They are in memory already, so they count even beyond the limit: nothing new fits then. */
  #count(line: Line, answers: number, bytes: number): void {
    line.waiting += answers;
    line.bytes += bytes;
    this.#bytes += bytes;
    this.#budget.hold(bytes);
  }
}

/**
 * A piece of 64 KiB may hold two thousand requests. Node parses it to its end, and keeps all of them until it
 * says that the connection is closed: 400 connections held a gigabyte so. The parser ends where this callback
 * of it returns an error (lib/_http_common.js, parserOnHeadersComplete).
 */
function cutOff(socket: HttpSocket): void {
  if (socket.parser) socket.parser.onIncoming = () => -1;
  socket.destroy();
}

function weightOf({ url = '', rawHeaders }: IncomingMessage): number {
  let characters = url.length;
  for (const text of rawHeaders) characters += text.length;
  return waitingBytes + headerCopies * characters;
}
