import { createConnection, isIP } from 'node:net';
import type { OnReadOpts, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { KafkaError } from '../errors/errors.ts';
import type { TlsOptions } from './security.ts';

/**
 * Connects to a broker, the TLS handshake included. The bytes that arrive go to `onread`, never to 'data'
 * listeners. Throws KafkaError CONNECTION when the broker is away: another try may help. Throws KafkaError
 * TLS, not retryable, when one side does not trust the other: then somebody has to mend the configuration.
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
      socket.on('error', () => undefined); // a failed socket may emit more errors while it closes
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
    // In a variable, because the types of tls.connect lack `onread`, which Node documents.
    const options = { ...(isIP(host) === 0 && { servername: host }), ...tls, host, port, onread };
    return connectTls(options);
  } catch (cause) {
    throw new KafkaError(
      'TLS',
      `the certificates or the key given for TLS cannot be used: ${messageOf(cause)}`,
      {
        retryable: false,
        cause,
      },
    );
  }
}

/** We do not accept the broker's certificate. */
function untrusted(address: string, cause: Error): KafkaError {
  const code = 'code' in cause ? String(cause.code) : '';
  const remedy =
    code === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? 'connect by a name that is in the certificate, or add this name to it'
      : code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID'
        ? "renew it, or set this machine's clock"
        : 'configure the CA that signs the certificates of the brokers';
  const message = `the certificate of ${address} is refused (${messageOf(cause)}): ${remedy}`;
  return new KafkaError('TLS', message, { retryable: false, cause });
}

/**
 * What a socket's error means. When the broker refuses our certificate, or wants one that we did not send,
 * its alert arrives during the handshake in TLS 1.2, and with the first read after it in TLS 1.3.
 */
export function connectionError(address: string, cause: Error, tls: boolean): KafkaError {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (tls && /_ALERT_|BAD_CERTIFICATE/.test(code)) {
    const remedy = 'configure a client certificate and key that it trusts';
    const message = `${address} refuses this client in the TLS handshake (${code}): ${remedy}`;
    return new KafkaError('TLS', message, { retryable: false, cause });
  }
  if (tls && (code.startsWith('ERR_SSL_') || code === 'EPROTO')) {
    const message =
      `no TLS with ${address} (${code}): ` +
      'does that listener speak TLS, with a version and ciphers of ours?';
    return new KafkaError('TLS', message, { retryable: false, cause });
  }
  const hint = tls && code === 'ECONNRESET' ? ' (a listener without TLS does this too)' : '';
  return new KafkaError('CONNECTION', `${address}: ${messageOf(cause)}${hint}`, { cause });
}

/**
 * Whether these are the first bytes of a TLS record (RFC 8446, 5.1): the listener was taken for a plain one.
 */
export function looksLikeTls(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0]! >= 0x14 && bytes[0]! <= 0x17 && bytes[1] === 3 && bytes[2]! <= 4;
}

/** An error for several addresses (IPv4 and IPv6) has no message itself. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
