import { ConfigError } from './errors.ts';
import { durationMs, file, flag, list, listen, oneOf, secret, text } from './knobs.ts';
import type { ConfigOf } from './knobs.ts';

/** What every service has. `prefix` is e.g. `PENSTOCK_RECEIVER_`; each service has its own operations port. */
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
    stopTimeoutMs: durationMs(`${prefix}STOP_TIMEOUT_MS`, {
      why: 'From the stop signal to the end of the process, everything included. Keep it below what your supervisor waits before SIGKILL.',
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
      why: 'Whether topics without three replicas are accepted. Only for demos, tests and benchmarks: an acknowledged event is then on one disk.',
      default: 'refused',
    }),
    saslMechanism: oneOf(`${prefix}SASL_MECHANISM`, ['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], {
      why: 'How this service proves who it is.',
      default: 'none',
    }),
    saslUsername: text(`${prefix}SASL_USERNAME`, { why: 'User for SASL.', optional: true }),
    saslPassword: secret(`${prefix}SASL_PASSWORD`, { why: 'Password for SASL.', optional: true }),
    tls: flag(`${prefix}TLS`, { why: 'Whether connections to the brokers are encrypted.', default: false }),
    tlsCa: file(`${prefix}TLS_CA_FILE`, {
      why: "Certificates (PEM) that sign the brokers' own; the system's when not set.",
      optional: true,
    }),
    tlsCertificate: file(`${prefix}TLS_CERTIFICATE_FILE`, {
      why: 'Certificate (PEM) of this service, for mutual TLS.',
      optional: true,
    }),
    tlsKey: file(`${prefix}TLS_KEY_FILE`, {
      why: 'Private key (PEM) of this service, for mutual TLS.',
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

/** What `openCluster` takes. Throws ConfigError when the knobs contradict each other. */
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

function kafkaProblems(kafka: KafkaConfig): string[] {
  const problems: string[] = [];
  const credentials = kafka.saslUsername !== undefined && kafka.saslPassword !== undefined;
  if (kafka.saslMechanism !== 'none' && !credentials)
    problems.push('Kafka SASL needs a username and a password');
  if (kafka.saslMechanism === 'none' && (kafka.saslUsername ?? kafka.saslPassword) !== undefined) {
    problems.push('Kafka SASL has a username or a password, but its mechanism is none');
  }
  if (!kafka.tls && (kafka.tlsCa ?? kafka.tlsCertificate ?? kafka.tlsKey)) {
    problems.push('Kafka TLS files are given, but TLS is false');
  }
  if ((kafka.tlsCertificate === undefined) !== (kafka.tlsKey === undefined)) {
    problems.push('Kafka TLS needs both a certificate and its key, or neither');
  }
  return problems;
}
