import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { RefusedError, unreadableFile } from '@penstock/service';

/** Paths of PEM files. */
export interface TlsFiles {
  /** The listener's own certificate, then those between it and the authority. */
  certificateFile: string;
  /** Its private key, not encrypted. */
  keyFile: string;
  /** Authorities of clients; undefined: no client is asked for a certificate. */
  clientAuthoritiesFile: string | undefined;
}

/** What the files hold, found to fit together. */
export interface TlsMaterial {
  cert: string;
  key: string;
  ca: string | undefined;
  /** When the listener's certificate ends, ms since 1970. */
  expiresAtMs: number;
}

/**
 * Reads the files and tries them together. Throws RefusedError, which names the file and never shows what is
 * in it.
 */
export async function readTlsFiles(files: TlsFiles, nowMs: number): Promise<TlsMaterial> {
  const { certificateFile, keyFile, clientAuthoritiesFile } = files;
  const cert = await textOf(certificateFile);
  const key = await textOf(keyFile);
  const ca = clientAuthoritiesFile === undefined ? undefined : await textOf(clientAuthoritiesFile);
  const certificate = parsed(certificateFile, 'a certificate (PEM)', () => new X509Certificate(cert));
  const privateKey = parsed(keyFile, 'a private key (PEM, not encrypted)', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new RefusedError(`the key of ${keyFile} is not that of the certificate in ${certificateFile}`);
  }
  if (certificate.validToDate.getTime() <= nowMs) throw new RefusedError(`${certificateFile} has expired`);
  if (certificate.validFromDate.getTime() > nowMs)
    throw new RefusedError(`${certificateFile} is not valid yet`);
  if (ca !== undefined) parsed(clientAuthoritiesFile!, 'certificates (PEM)', () => new X509Certificate(ca));
  // What only OpenSSL sees: a broken chain behind the first certificate, a key that is too weak.
  parsed(certificateFile, 'a usable chain', () => createSecureContext({ cert, key, ...(ca && { ca }) }));
  return { cert, key, ca, expiresAtMs: certificate.validToDate.getTime() };
}

/** Changes with every write, and with every file or link that takes one of the names. */
export async function versionOf(files: TlsFiles): Promise<string> {
  const paths = [files.certificateFile, files.keyFile, files.clientAuthoritiesFile].filter((path) => path);
  const found = await Promise.all(paths.map((path) => stat(path!, { bigint: true }).catch(() => undefined)));
  return found.map((file) => file && `${file.dev} ${file.ino} ${file.size} ${file.mtimeNs}`).join(', ');
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new RefusedError(unreadableFile(path, error));
  }
}

function parsed<T>(path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new RefusedError(`${path} does not hold ${what} (${code})`);
  }
}
