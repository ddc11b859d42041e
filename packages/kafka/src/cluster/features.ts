import { KafkaError } from '../errors/errors.ts';

interface Features {
  finalizedFeatures?: readonly { name: string; maxVersionLevel: number }[];
  supportedFeatures?: readonly { name: string; maxVersion: number }[];
}

/**
 * Apache Kafka 4.0 and newer have them: transactions v2 (KIP-890) and the consumer group protocol (KIP-848).
 */
const needed = [
  { feature: 'transaction.version', level: 2 },
  { feature: 'group.version', level: 1 },
];

/** metadata.version 4.2-IV1, the newest of the tested broker, 4.2.1 (MetadataVersion.java). */
const testedMetadataVersion = 29;
/** metadata.version 4.3-IV0, of 4.3.0 and 4.3.1. */
const badMetadataVersion = 30;

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

export interface VersionWarning {
  metadataVersion: number;
  text: string;
}

/**
 * A warning about brokers that are newer than the tested one; undefined when there is nothing to say. With
 * 4.3.0 and 4.3.1 it happens that committed records never become visible (KAFKA-20734). A broker supports the
 * metadata.version of its release before the cluster finalizes it, so the higher of the two counts. Brokers
 * do not tell their release, and one after 4.3.1 may have 30 as well: hence "may be".
 */
export function versionWarning(features: Features): VersionWarning | undefined {
  const isMetadata = ({ name }: { name: string }): boolean => name === 'metadata.version';
  const supported = features.supportedFeatures?.find(isMetadata)?.maxVersion ?? 0;
  const finalized = features.finalizedFeatures?.find(isMetadata)?.maxVersionLevel ?? 0;
  const metadataVersion = Math.max(supported, finalized);
  if (metadataVersion <= testedMetadataVersion) return undefined;
  const text =
    metadataVersion === badMetadataVersion
      ? 'broker may be 4.3.0 or 4.3.1, which hide committed records for ever when a partition ' +
        'has no leader (KAFKA-20734): run 4.2.1'
      : 'broker is newer than the tested 4.2.1';
  return { metadataVersion, text };
}
