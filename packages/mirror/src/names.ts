import type { TopicPartition } from '@penstock/kafka';

/** The link's ledger on the target. */
export function ledgerTopicOf(link: string): string {
  return `mirror.${link}`;
}

export function pairsTopicOf(link: string): string {
  return `mirror.${link}.pairs`;
}

/** References to records that the target cannot take. */
export function rejectedTopicOf(link: string): string {
  return `mirror.${link}.rejected`;
}

/** The ledger topics among a cluster's: a link's name has no dot, so the topics beside a ledger fall out. */
export function linkOfLedger(topic: string): string | undefined {
  return /^mirror\.([A-Za-z0-9_-]+)$/.exec(topic)?.[1];
}

/** One group per link on the target; its members divide the ledger's partitions. */
export function groupOf(link: string): string {
  return `mirror.${link}`;
}

export const linkPattern = /^[A-Za-z0-9_-]{1,64}$/;

export function parsePartitionName(name: string): TopicPartition | undefined {
  const match = /^(.+)-(\d{1,9})$/.exec(name);
  return match ? { topic: match[1] as string, partition: Number(match[2]) } : undefined;
}
