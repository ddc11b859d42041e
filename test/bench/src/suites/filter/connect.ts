import { runToEnd } from '@penstock/test-process';
import { access, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FilterContender, RunTopics } from './contender.ts';

const version = '4.27.0';
/** Redpanda Connect of 2026 took 63 us an event where Benthos 4.27 took 77. */
const benthosShare = 63 / 77;
const cache = join(import.meta.dirname, '../../../../../.cache', `benthos-${version}`);
const buildTimeoutMs = 1_200_000;

/**
 * Redpanda Connect, whose binary `BENCH_CONNECT` names. Without it Benthos, which it was made from, built
 * as a Go module: minutes the first time, and it stays in .cache. Without Go the row is skipped.
 */
export async function connectContender(
  folder: string,
  say: (line: string) => void,
): Promise<FilterContender> {
  const given = process.env['BENCH_CONNECT'];
  const name = given === undefined ? `Benthos ${version}` : 'Redpanda Connect';
  const found = given === undefined ? await benthos(say) : { binary: given };
  return {
    name,
    shareOfConnect: given === undefined ? benthosShare : 1,
    skipped: 'trouble' in found ? found.trouble : undefined,
    async launch(bootstrap, topics) {
      const file = join(folder, `${topics.group}.yaml`);
      await writeFile(file, pipelineFile(bootstrap, topics));
      const binary = 'binary' in found ? found.binary : '';
      const command = given === undefined ? [binary, '-c', file] : [binary, 'run', file];
      return { command, env: { PATH: process.env['PATH'] ?? '', HOME: folder } };
    },
  };
}

async function benthos(say: (line: string) => void): Promise<{ binary: string } | { trouble: string }> {
  const binary = join(cache, 'benthos');
  try {
    await access(binary);
    return { binary };
  } catch {
    say(`building Benthos ${version} as a Go module, which takes minutes`);
  }
  const source = join(cache, 'source');
  await mkdir(source, { recursive: true });
  await cp(join(import.meta.dirname, 'benthos'), source, { recursive: true });
  try {
    const built = await runToEnd(['go', 'build', '-o', binary, '.'], {
      cwd: source,
      env: process.env,
      timeoutMs: buildTimeoutMs,
    });
    if (built.exitCode === 0) return { binary };
    return { trouble: `go build ended with ${built.exitCode}: ${built.stderr.trim().split('\n').at(-1)}` };
  } catch (error) {
    return { trouble: `no BENCH_CONNECT, and no Go to build Benthos: ${String(error)}` };
  }
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
