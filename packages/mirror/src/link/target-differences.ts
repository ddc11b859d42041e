import type { TopicConfigs } from '@penstock/kafka';

/** How a target topic differs from what its source topic needs, a phrase for each setting. */
export interface TargetDifferences {
  /** Copies would not come out as they went in: compressed anew, or with other times. */
  readonly changes: readonly string[];
  /** Copies would be deleted or compacted sooner, or in another way, than at the source. */
  readonly deletes: readonly string[];
  /** The target refuses what the source may take. Whatever it does take is copied. */
  readonly refuses: readonly string[];
}

/** Batches must come out as they went in: not compressed anew, and records with their own times. */
export const neededSettings = { 'compression.type': 'producer', 'message.timestamp.type': 'CreateTime' };

const sizesAndTimes = [
  'max.message.bytes',
  'message.timestamp.before.max.ms',
  'message.timestamp.after.max.ms',
] as const;

const whenDeleting = ['retention.ms', 'retention.bytes'] as const;
const whenCompacting = ['min.compaction.lag.ms', 'max.compaction.lag.ms', 'delete.retention.ms'] as const;
/** Only closed segments are deleted or compacted: smaller ones go sooner. */
const segments = ['segment.ms', 'segment.bytes'] as const;

/** What a target topic is created with, as at the source. */
export const copiedSettings = [
  'cleanup.policy',
  ...whenDeleting,
  ...whenCompacting,
  ...segments,
  ...sizesAndTimes,
] as const;

export function targetDifferences(source: TopicConfigs, target: TopicConfigs): TargetDifferences {
  const policy = policyOf(target);
  const policyDiffers = policyOf(source) !== policy;
  return {
    changes: Object.entries(neededSettings).flatMap(([key, needed]) =>
      target[key] === needed ? [] : [`${key} is ${target[key] ?? 'unset'}, needs ${needed}`],
    ),
    deletes: [
      ...(policyDiffers ? [`cleanup.policy is ${policy || 'none'}, the source has ${policyOf(source)}`] : []),
      ...(policy.includes('delete') ? smaller(whenDeleting, source, target) : []),
      ...(policy.includes('compact') ? smaller(whenCompacting, source, target) : []),
      ...smaller(segments, source, target),
    ],
    refuses: smaller(sizesAndTimes, source, target),
  };
}

function smaller(keys: readonly string[], source: TopicConfigs, target: TopicConfigs): string[] {
  return keys.flatMap((key) =>
    amount(target[key]) < amount(source[key])
      ? [`${key} is ${target[key]}, needs ${source[key]} or more, as at the source`]
      : [],
  );
}

/** -1 stands for no limit. A setting that one side does not have cannot be compared. */
function amount(value: string | undefined): number {
  if (value === undefined) return Number.NaN;
  return Number(value) < 0 ? Infinity : Number(value);
}

/** Kafka takes the policies of a list in any order. */
function policyOf(configs: TopicConfigs): string {
  return (configs['cleanup.policy'] ?? '')
    .split(',')
    .map((policy) => policy.trim())
    .sort()
    .join(',');
}
