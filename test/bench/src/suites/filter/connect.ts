import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilterContender, RunTopics } from './contender.ts';
import { findConnect } from './find-connect.ts';

/** Redpanda Connect of 2026 took 63 us an event where Benthos 4.27 took 77. */
const benthosShare = 63 / 77;

export async function connectContender(
  folder: string,
  say: (line: string) => void,
): Promise<FilterContender> {
  const peer = await findConnect(say);
  return {
    name: peer.name,
    shareOfConnect: peer.isConnect ? 1 : benthosShare,
    skipped: peer.trouble,
    async launch(bootstrap, topics) {
      const file = join(folder, `${topics.group}.yaml`);
      await writeFile(file, pipelineFile(bootstrap, topics));
      return { command: peer.command(file), env: { PATH: process.env['PATH'] ?? '', HOME: folder } };
    },
  };
}

/** What a user would write: batches on both sides, zstd, and the least mapping that makes a clean event. */
function pipelineFile(bootstrap: readonly string[], topics: RunTopics): string {
  const brokers = JSON.stringify(bootstrap);
  return `
http: { enabled: false }
logger: { level: WARN }
input:
  kafka_franz:
    seed_brokers: ${brokers}
    topics: [${topics.raw}]
    consumer_group: ${topics.group}
    start_from_oldest: true
    commit_period: 200ms
    batching: { count: 1000, period: 50ms }
pipeline:
  processors:
    - mapping: |
        root = this
        root.event_type = this.event_type.trim()
        root.received_at = meta("received-at").number()
        root.source_format = 4
        root.net = { "user_agent": meta("user-agent") }
        root.origin = { "request_id": meta("request-id"), "partition": meta("kafka_partition").number() }
output:
  kafka_franz:
    seed_brokers: ${brokers}
    topic: ${topics.clean}
    key: \${! meta("kafka_key") }
    partitioner: manual
    partition: \${! meta("kafka_partition") }
    compression: zstd
    max_in_flight: 20
`;
}
