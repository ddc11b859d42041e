import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';

const lastOf = new WeakMap<Socket, FastifyReply>();

/**
 * Tells the client to take its next request elsewhere. Node closes the connection behind the answer that
 * says so. Of requests that were sent one behind the other, without waiting, only the last may say it: those
 * behind it would never be answered.
 */
export function announceClose(reply: FastifyReply): void {
  const { socket } = reply.request.raw;
  const before = lastOf.get(socket);
  if (before?.sent === false) before.removeHeader('connection');
  lastOf.set(socket, reply.header('connection', 'close'));
}
