import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf, parseIp } from '../request/ip-address.ts';

/**
 * Closes what one address opens beyond `max`; 0 is no limit. IPv6 counts by network. Holds one entry per open
 * address.
 */
export function limitConnections(server: Server, max: number, dropped: () => void): void {
  if (max === 0) return;
  const open = new Map<string, number>();
  // Before Node's own listener: what is closed here never becomes a connection of HTTP.
  server.prependListener('connection', (socket: Socket) => {
    const address = parseIp(socket.remoteAddress ?? '');
    if (!address) return;
    const key = Buffer.from(networkOf(address)).toString('latin1');
    const count = (open.get(key) ?? 0) + 1;
    if (count > max) {
      dropped();
      socket.destroy();
      return;
    }
    open.set(key, count);
    socket.once('close', () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left === 0) open.delete(key);
      else open.set(key, left);
    });
  });
}
