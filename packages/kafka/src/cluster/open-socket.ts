import { createConnection, isIP } from 'node:net';
import type { OnReadOpts, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { KafkaError } from './errors.ts';
import type { TlsOptions } from './security.ts';

/**
 * Connects to a broker, the TLS handshake included. What it sends goes to `onread`, never to 'data' listeners. Throws KafkaError CONNECTION
 * for a broker that is away (another try may help) and TLS, not retryable, for one that is not to be trusted or does
 * not trust us: then somebody has to mend the configuration.
 */
export function openSocket(
  host: string,
  port: number,
  options: { connectTimeoutMs: number; tls?: TlsOptions | undefined; onread: OnReadOpts },
): Promise<Socket> {
  const { connectTimeoutMs, tls, onread } = options;
  const address = `${host}:${port}`;
  return new Promise((resolve, reject) => {
    const socket = tls ? beginTls(host, port, tls, onread) : createConnection({ host, port, onread });
    const fail = (error: KafkaError): void => {
      clearTimeout(timer);
      socket.destroy();
      socket.on('error', () => undefined); // whatever the end of a failed socket still brings
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(new KafkaError('CONNECTION', `cannot connect to ${address} within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    const failed = (cause: Error): void => {
      const unverified = tls && (socket as TLSSocket).authorizationError;
      fail(unverified ? untrusted(address, cause) : connectionError(address, cause, tls !== undefined));
    };
    socket.setNoDelay(true);
    socket.once('error', failed);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      resolve(socket);
    });
  });
}

function beginTls(host: string, port: number, tls: TlsOptions, onread: OnReadOpts): TLSSocket {
  try {
    // Named, because the types of tls.connect leave out `onread`, which Node documents.
    const options = { ...(isIP(host) === 0 && { servername: host }), ...tls, host, port, onread };
    return connectTls(options);
  } catch (cause) {
    throw new KafkaError('TLS', `the certificates or the key given for TLS cannot be used: ${told(cause)}`, {
      retryable: false,
      cause,
    });
  }
}

/** The broker's certificate is not accepted by us. */
function untrusted(address: string, cause: Error): KafkaError {
  const code = 'code' in cause ? String(cause.code) : '';
  const remedy =
    code === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? 'connect by a name that its certificate holds, or add this one to it'
      : code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID'
        ? "renew it, or set this machine's clock"
        : 'give the CA that signs the certificates of the brokers';
  const message = `the certificate of ${address} is refused (${told(cause)}): ${remedy}`;
  return new KafkaError('TLS', message, { retryable: false, cause });
}

/**
 * What a socket's own error means. An alert of the broker's (no certificate, one it does not trust) comes with the handshake in
 * TLS 1.2 and, in TLS 1.3, after it, with the first read.
 */
export function connectionError(address: string, cause: Error, tls: boolean): KafkaError {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (tls && /_ALERT_|BAD_CERTIFICATE/.test(code)) {
    const remedy = 'give the certificate and key of a client that it trusts';
    const message = `${address} refuses this client in the TLS handshake (${code}): ${remedy}`;
    return new KafkaError('TLS', message, { retryable: false, cause });
  }
  if (tls && (code.startsWith('ERR_SSL_') || code === 'EPROTO')) {
    const message = `no TLS with ${address} (${code}): is that listener one for TLS, with a protocol and ciphers of ours?`;
    return new KafkaError('TLS', message, { retryable: false, cause });
  }
  const hint = tls && code === 'ECONNRESET' ? ' (a listener without TLS does so, too)' : '';
  return new KafkaError('CONNECTION', `${address}: ${told(cause)}${hint}`, { cause });
}

/** The first bytes of a TLS record (RFC 8446, 5.1), for a listener that was taken for a plain one. */
export function looksLikeTls(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0]! >= 0x14 && bytes[0]! <= 0x17 && bytes[1] === 3 && bytes[2]! <= 4;
}

/** Errors of several addresses (IPv4 and IPv6) have no message of their own. */
function told(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(told).join(', ');
  return error instanceof Error ? error.message : String(error);
}
