import {
  createServer as createPlainServer,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { RefusedError, type Log, type ServiceContext } from '@penstock/service';
import type { ReceiverConfig } from '../config.ts';
import type { ReceiverMetrics } from '../metrics.ts';
import { wallClockMs } from '../wall-clock.ts';
import { readTlsFiles, versionOf, type TlsFiles, type TlsMaterial } from './tls-files.ts';

type ClientCertificates = ReceiverConfig['tls']['clientCertificates'];

const lookMs = 1_000;

/** The files of the listener as they were read, and what then tells that they have changed. */
interface ReadTls {
  readonly files: TlsFiles;
  readonly version: string;
  readonly material: TlsMaterial;
}

/** Undefined when the listener speaks plain HTTP. Throws RefusedError when the files cannot be used. */
export async function readListenerTls({ tls }: ReceiverConfig): Promise<ReadTls | undefined> {
  const { certificateFile, keyFile, clientAuthoritiesFile } = tls;
  if (certificateFile === undefined || keyFile === undefined) return undefined;
  const files = { certificateFile, keyFile, clientAuthoritiesFile };
  // Before the reading: what is written meanwhile is seen as a change.
  const version = await versionOf(files);
  return { files, version, material: await readTlsFiles(files, wallClockMs()) };
}

/** From now on it looks for a change of the files, also of one that came since they were read. */
export function openListenerTls(
  read: ReadTls | undefined,
  { config, log, metrics: registry }: Pick<ServiceContext<ReceiverConfig>, 'config' | 'log' | 'metrics'>,
  metrics: ReceiverMetrics,
): ListenerTls | undefined {
  if (read === undefined) return undefined;
  const { files, version, material } = read;
  const { clientCertificates } = config.tls;
  const opened = new ListenerTls({ files, clientCertificates, log, metrics }, material, version);
  registry.gaugeOf(
    'certificate_expiry_timestamp_seconds',
    'When the certificate of the address for clients ends, in seconds since 1970.',
    () => opened.expiresAtMs / 1000,
  );
  return opened;
}

interface ListenerTlsOptions {
  files: TlsFiles;
  clientCertificates: ClientCertificates;
  log: Log;
  metrics: ReceiverMetrics;
}

/**
 * The certificate of the listener, read again when its files change: new connections get the new one, those
 * that are open stay as they are. Files that do not fit together change nothing, and are told in the log and
 * by a metric.
 */
export class ListenerTls implements Disposable {
  readonly #o: ListenerTlsOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #servers: ReturnType<typeof createTlsServer>[] = [];
  #material: TlsMaterial;
  #version: string;
  /** A change that is seen a second time is whole: certificate and key are two files. */
  #changing: string | undefined;
  #looking = false;

  constructor(o: ListenerTlsOptions, material: TlsMaterial, version: string) {
    this.#o = o;
    this.#material = material;
    this.#version = version;
    this.#timer = setInterval(() => void this.look(), lookMs).unref();
  }

  /** When the certificate in use ends, ms since 1970. */
  get expiresAtMs(): number {
    return this.#material.expiresAtMs;
  }

  /** An HTTPS server that takes each new certificate. `handshakeMs`: a client that is slower is cut off. */
  createServer(options: ServerOptions & { handshakeMs: number }, handler: RequestListener): Server {
    const { handshakeMs, ...http } = options;
    const { clientCertificates, metrics } = this.#o;
    const server = createTlsServer(
      {
        ...http,
        ...secureContext(this.#material),
        // As Node's plain server has it: http decides what the end of a client's side means.
        ...{ allowHalfOpen: true, handshakeTimeout: handshakeMs },
        requestCert: clientCertificates !== 'none',
        rejectUnauthorized: clientCertificates === 'required',
      },
      handler,
    );
    server.on('tlsClientError', () => metrics.tlsConnections.add(1, 'failed'));
    // Before HTTP's own listener: what is closed here never becomes a connection of HTTP.
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      const kind = kindOf(socket, clientCertificates);
      metrics.tlsConnections.add(1, kind);
      if (kind === 'failed') socket.destroy();
    });
    this.#servers.push(server);
    return server;
  }

  /** Takes the files if they have changed, and if they were the same a look before. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { files, log, metrics } = this.#o;
    try {
      const version = await versionOf(files);
      if (version === this.#version) return void (this.#changing = undefined);
      if (version !== this.#changing) return void (this.#changing = version);
      this.#version = version;
      this.#material = await readTlsFiles(files, wallClockMs());
      for (const server of this.#servers) server.setSecureContext(secureContext(this.#material));
      metrics.certificateReloads.add(1, 'taken');
      log.info({ expires: new Date(this.expiresAtMs).toISOString() }, 'certificate read again');
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      metrics.certificateReloads.add(1, 'refused');
      log.error({ problem: error.message }, 'the new certificate cannot be used: the one of before stays');
    } finally {
      this.#looking = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** With or without TLS. */
export function createListener(
  tls: ListenerTls | undefined,
  options: ServerOptions & { handshakeMs: number },
  handler: RequestListener,
): Server {
  return tls ? tls.createServer(options, handler) : createPlainServer(options, handler);
}

/**
 * A new context has new ticket keys, so no session of before is resumed: what an authority no longer vouches
 * for is asked for its certificate again.
 */
function secureContext({ cert, key, ca }: TlsMaterial) {
  return { cert, key, ...(ca !== undefined && { ca }) };
}

/** A certificate that is shown must be valid, even where none is asked for. */
function kindOf(socket: TLSSocket, asked: ClientCertificates): 'anonymous' | 'certified' | 'failed' {
  if (asked === 'none') return 'anonymous';
  if (socket.authorized) return 'certified';
  return socket.getPeerX509Certificate() === undefined ? 'anonymous' : 'failed';
}
