import { KafkaError } from './errors.ts';

interface Features {
  finalizedFeatures?: readonly { name: string; maxVersionLevel: number }[];
  supportedFeatures?: readonly { name: string; maxVersion: number }[];
}

/** Apache Kafka 4.0 or newer: transactions v2 (KIP-890) and the consumer group protocol (KIP-848). */
const needed = [
  { feature: 'transaction.version', level: 2 },
  { feature: 'group.version', level: 1 },
];

/** The newest metadata.version that the tested broker, 4.2.1, supports. */
const testedMetadataVersion = 29;

/** Throws KafkaError UNSUPPORTED_BROKER that says which features are missing and how to turn them on. */
export function checkFeatures(features: Features): void {
  const missing = needed.filter(({ feature, level }) => {
    const found = features.finalizedFeatures?.find((candidate) => candidate.name === feature);
    return (found?.maxVersionLevel ?? 0) < level;
  });
  if (missing.length === 0) return;
  const asked = missing.map(({ feature, level }) => `${feature}=${level}`);
  throw new KafkaError(
    'UNSUPPORTED_BROKER',
    `this cluster lacks ${asked.join(' and ')}; run Apache Kafka 4.0 or newer (4.2.1 is tested) and ` +
      asked.map((feature) => `kafka-features.sh upgrade --feature ${feature}`).join('; '),
  );
}

/** 4.3.0 and 4.3.1 lose the visibility of committed records (KAFKA-20734). */
export function looksNewerThanTested(features: Features): boolean {
  const supported = features.supportedFeatures?.find((feature) => feature.name === 'metadata.version');
  return (supported?.maxVersion ?? 0) > testedMetadataVersion;
}
