import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, type Identity, createAuthority } from './certificates.ts';

/** Known to every broker of a secured cluster, for PLAIN and for both SCRAMs. */
export const securedUser = { username: 'penstock', password: 'correct-horse=battery' };

/** Sessions of SCRAM-SHA-512 end after so long (connections.max.reauth.ms); those of the others never do. */
export const shortSessionMs = 3_000;

/** What a test of secured brokers needs; every list of addresses is of all brokers. */
export interface SecuredListeners {
  /** SASL_PLAINTEXT. */
  sasl: string[];
  /** SASL_SSL. */
  saslTls: string[];
  /** SSL, with a client certificate that the authority has issued. */
  mutualTls: string[];
  /** Issued the certificates of the brokers, for 127.0.0.1 only, and is whom they believe. */
  authority: Authority;
  /** Believed by nobody. */
  stranger: Authority;
}

/** One broker's ports, in the order of their names below. */
export type SecuredPorts = readonly [sasl: number, saslTls: number, mutualTls: number];

const names = ['SASL', 'SASLTLS', 'MUTUAL'] as const;
const protocols = ['SASL_PLAINTEXT', 'SASL_SSL', 'SSL'] as const;

/**
 * Certificates below `folder`, and the settings that add the listeners to those of a broker; ids start at
 * 1.
 */
export async function secureListeners(
  folder: string,
  ports: readonly SecuredPorts[],
): Promise<{
  secured: SecuredListeners;
  settingsOf(id: number, plain: Record<string, string>): Record<string, string>;
}> {
  const certificates = join(folder, 'certificates');
  await mkdir(certificates);
  const [authority, stranger] = await Promise.all([
    createAuthority(certificates, 'authority'),
    createAuthority(certificates, 'stranger'),
  ]);
  const identity = await authority.issue('broker', 'IP:127.0.0.1');
  const addresses = (index: 0 | 1 | 2) => ports.map((of) => `127.0.0.1:${of[index]}`);
  const [sasl, saslTls, mutualTls] = [addresses(0), addresses(1), addresses(2)];
  return {
    secured: { sasl, saslTls, mutualTls, authority, stranger },
    settingsOf: (id, plain) => securedSettings(plain, ports[id - 1] as SecuredPorts, authority, identity),
  };
}

function securedSettings(
  plain: Record<string, string>,
  ports: SecuredPorts,
  authority: Authority,
  identity: Identity,
): Record<string, string> {
  const added = names.map((name, index) => `${name}://127.0.0.1:${ports[index]}`).join(',');
  const map = names.map((name, index) => `${name}:${protocols[index]}`).join(',');
  return {
    ...plain,
    listeners: `${plain['listeners']},${added}`,
    'advertised.listeners': `${plain['advertised.listeners']},${added}`,
    'listener.security.protocol.map': `${plain['listener.security.protocol.map']},${map}`,
    ...saslSettings('sasl'),
    ...saslSettings('sasltls'),
    ...tlsSettings('sasltls', authority, identity),
    ...tlsSettings('mutual', authority, identity),
    'listener.name.mutual.ssl.client.auth': 'required',
  };
}

/** For StorageTool format: users of SCRAM are metadata, and are there before the first listener opens. */
export function scramArguments(): string[] {
  const user = `[name=${securedUser.username},password=${securedUser.password}]`;
  return ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', `${mechanism}=${user}`]);
}

/** The configuration of a Java client; `--command-property` of the tools. */
export function javaClientProperties(
  mechanism: string,
  authority: Authority | undefined,
): Record<string, string> {
  const login = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule';
  const { username, password } = securedUser;
  return {
    'security.protocol': authority ? 'SASL_SSL' : 'SASL_PLAINTEXT',
    'sasl.mechanism': mechanism,
    'sasl.jaas.config': jaas(login, { username, password }),
    ...(authority && {
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': authority.certificateFile,
    }),
  };
}

function saslSettings(listener: string): Record<string, string> {
  const at = (name: string) => `listener.name.${listener}.${name}`;
  const { username, password } = securedUser;
  const scramLogin = jaas('scram.ScramLoginModule', {});
  return {
    [at('sasl.enabled.mechanisms')]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [at('plain.sasl.jaas.config')]: jaas('plain.PlainLoginModule', { [`user_${username}`]: password }),
    [at('scram-sha-256.sasl.jaas.config')]: scramLogin,
    [at('scram-sha-512.sasl.jaas.config')]: scramLogin,
    [at('scram-sha-512.connections.max.reauth.ms')]: String(shortSessionMs),
  };
}

function tlsSettings(listener: string, authority: Authority, identity: Identity): Record<string, string> {
  const at = (name: string) => `listener.name.${listener}.ssl.${name}`;
  return {
    [at('keystore.type')]: 'PEM',
    [at('keystore.location')]: identity.keystoreFile,
    [at('truststore.type')]: 'PEM',
    [at('truststore.location')]: authority.certificateFile,
  };
}

function jaas(module: string, options: Record<string, string>): string {
  const shown = Object.entries(options).map(([name, value]) => ` ${name}="${value.replaceAll('"', '\\"')}"`);
  return `org.apache.kafka.common.security.${module} required${shown.join('')};`;
}
