import type { ConnectionOptions as TlsConnectionOptions } from 'node:tls';

/** User and password. SCRAM (RFC 5802) never sends the password. PLAIN does: use it only with TLS. */
export interface SaslOptions {
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  username: string;
  password: string;
}

/**
 * The options of `tls.connect` that apply here. The broker's name is always checked against its certificate.
 */
export type TlsOptions = Pick<
  TlsConnectionOptions,
  'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'ciphers' | 'minVersion' | 'maxVersion'
>;
