import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { ConfigError } from '../errors.ts';
import { durationMs, file, flag, list, listen, oneOf, secret, text } from './knobs.ts';
import type { ConfigOf } from './knobs.ts';

/**
 * What every service has. `prefix` is e.g. `PENSTOCK_RECEIVER_`; each service has its own operations port.
 */
export function chassisKnobs(prefix: string, operationsPort: number) {
  return {
    logLevel: oneOf('PENSTOCK_LOG_LEVEL', ['debug', 'info', 'warn', 'error'], {
      why: 'What is logged. Nothing logs events or addresses at any level.',
      default: 'info',
    }),
    operationsListen: listen(`${prefix}OPERATIONS_LISTEN`, {
      why: 'Where /livez, /readyz, /metrics and /status answer. Open it to your monitoring only.',
      default: { address: '127.0.0.1', port: operationsPort },
    }),
    operationsHosts: list(`${prefix}OPERATIONS_HOSTS`, {
      why:
        'Names by which monitoring reaches that listener. Addresses, names without a dot and those of ' +
        'private domains (.local, .internal) are answered in any case. Any other name could be that of a ' +
        "stranger's web page.",
      pattern: /^[A-Za-z0-9.-]{1,253}$/,
      optional: true,
      example: 'receiver-1.fra.example.com',
    }),
    stopTimeoutMs: durationMs(`${prefix}STOP_TIMEOUT_MS`, {
      why:
        'From the stop signal to the end of the process, everything included. Keep it below what your ' +
        'supervisor waits before SIGKILL.',
      min: 1_000,
      max: 600_000,
      default: 25_000,
    }),
  };
}

/**
 * How to reach one Kafka cluster. `prefix` is `PENSTOCK_KAFKA_`, but for a service with two clusters
 * (`PENSTOCK_MIRROR_SOURCE_KAFKA_`, ...).
 */
export function kafkaKnobs(clientId: string, prefix = 'PENSTOCK_KAFKA_') {
  return {
    bootstrap: list(`${prefix}BOOTSTRAP`, {
      why: 'Brokers to ask first; two or three are enough.',
      pattern: /^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$/,
      example: 'kafka-1:9092,kafka-2:9092',
    }),
    clientId: text(`${prefix}CLIENT_ID`, {
      why: 'Name of this service in the logs and quotas of the brokers.',
      pattern: /^[A-Za-z0-9._-]{1,64}$/,
      default: clientId,
    }),
    singleReplica: oneOf(`${prefix}SINGLE_REPLICA`, ['refused', 'allowed'], {
      why:
        'Whether topics without three replicas are accepted. Only for demos, tests and benchmarks: an ' +
        'acknowledged event is then on one disk.',
      default: 'refused',
    }),
    saslMechanism: oneOf(`${prefix}SASL_MECHANISM`, ['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], {
      why: 'How this service proves who it is. PLAIN sends the password as it is: only with TLS.',
      default: 'none',
    }),
    saslUsername: text(`${prefix}SASL_USERNAME`, { why: 'User for SASL.', optional: true }),
    saslPassword: secret(`${prefix}SASL_PASSWORD`, { why: 'Password for SASL.', optional: true }),
    tls: flag(`${prefix}TLS`, { why: 'Whether connections to the brokers are encrypted.', default: false }),
    tlsCa: file(`${prefix}TLS_CA_FILE`, {
      why:
        "Certificates (PEM) that sign the brokers' own; those that Node trusts when not set. A broker's" +
        ' certificate must hold the name or address by which it is reached.',
      optional: true,
    }),
    tlsCertificate: file(`${prefix}TLS_CERTIFICATE_FILE`, {
      why: 'Certificate (PEM) of this service, for mutual TLS.',
      optional: true,
    }),
    tlsKey: file(`${prefix}TLS_KEY_FILE`, {
      why: 'Private key (PEM, not encrypted) of this service, for mutual TLS.',
      optional: true,
    }),
  };
}

export type KafkaConfig = ConfigOf<ReturnType<typeof kafkaKnobs>>;

export interface KafkaConnection {
  bootstrap: string[];
  clientId: string;
  sasl?: { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: string };
  tls?: { ca?: string; cert?: string; key?: string };
}

/**
 * What `openCluster` takes. Throws ConfigError when the knobs contradict each other: `kafkaProblems` tells
 * it at the start.
 */
export function kafkaConnection(kafka: KafkaConfig): KafkaConnection {
  const problems = kafkaProblems(kafka);
  if (problems.length > 0) throw new ConfigError(problems);
  const connection: KafkaConnection = { bootstrap: [...kafka.bootstrap], clientId: kafka.clientId };
  const { saslMechanism: mechanism, saslUsername: username, saslPassword: password } = kafka;
  if (mechanism !== 'none' && username !== undefined && password !== undefined) {
    connection.sasl = { mechanism, username, password };
  }
  if (kafka.tls) {
    connection.tls = {
      ...(kafka.tlsCa && { ca: kafka.tlsCa.text }),
      ...(kafka.tlsCertificate && { cert: kafka.tlsCertificate.text }),
      ...(kafka.tlsKey && { key: kafka.tlsKey.text }),
    };
  }
  return connection;
}

/**
 * For a service's `checkConfig`: contradictions of these knobs, and certificates that cannot be used.
 * `prefix` as for `kafkaKnobs`.
 */
export function kafkaProblems(kafka: KafkaConfig, prefix = 'PENSTOCK_KAFKA_'): string[] {
  const problems: string[] = [];
  const problem = (knob: string, text: string): void => void problems.push(`${prefix}${knob}: ${text}`);
  const { saslMechanism, saslUsername, saslPassword, tls, tlsCa, tlsCertificate, tlsKey } = kafka;
  if (saslMechanism !== 'none') {
    if (saslUsername === undefined) problem('SASL_USERNAME', `is not set, but ${saslMechanism} needs it`);
    if (saslPassword === undefined) problem('SASL_PASSWORD', `is not set, but ${saslMechanism} needs it`);
  } else if ((saslUsername ?? saslPassword) !== undefined) {
    problem('SASL_MECHANISM', 'is none, but there is a user or a password for it');
  }
  if (!tls && (tlsCa ?? tlsCertificate ?? tlsKey)) problem('TLS', 'is false, but there are files for it');
  if (tlsCa) {
    const told = reasonOf(() => new X509Certificate(tlsCa.text));
    if (told) problem('TLS_CA_FILE', `holds no certificate (${told})`);
  }
  if (tlsCertificate && tlsKey) {
    const told = reasonOf(() => {
      new X509Certificate(tlsCertificate.text); // an empty file is no error to the one below
      createSecureContext({ cert: tlsCertificate.text, key: tlsKey.text });
    });
    if (told) problem('TLS_CERTIFICATE_FILE', `and its key cannot be used together (${told})`);
  } else if (tlsCertificate) {
    problem('TLS_KEY_FILE', 'is not set, but there is a certificate');
  } else if (tlsKey) {
    problem('TLS_CERTIFICATE_FILE', 'is not set, but there is a key');
  }
  return problems;
}

/** OpenSSL's reason; it never quotes what is in a file. */
function reasonOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
