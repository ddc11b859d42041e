import { randomUUID } from 'node:crypto';
import { relative } from 'node:path';
import { inCheckout } from '../checkout.ts';
import type { Clusters } from '../pipeline/start-clusters.ts';
import type { GrownPipeline } from '../pipeline/grow-pipeline.ts';
import { topics } from '../pipeline/topic-names.ts';

const bytes = 'org.apache.kafka.common.serialization.BytesDeserializer';

/** Commands to copy, for as long as the demo runs. */
export function addressesToTry({ services, clusters, folder, file, page }: GrownPipeline): string {
  const { receiverUrl, receiver, filter, mirror } = services;
  const client = { name: 'curl', version: '8.0.0' };
  const event = { event_id: randomUUID(), event_type: 'page_view', client, properties: { page: '/' } };
  const json = `-H 'content-type: application/json'`;
  const others = (file.otherDatacenters ?? []).map(
    ({ cluster, services: { receiver } }) => `  datacenter ${cluster.name}: Receiver ${receiver.url}`,
  );
  return [
    `LIVE PAGE  ${page}`,
    ...others,
    '',
    'TRY, while this runs; what you post is shown here when it arrives in the master',
    `  curl -si ${receiverUrl}/v4/events ${json} -H 'x-forwarded-for: 193.0.6.139' \\`,
    `    -d '${JSON.stringify(event)}'`,
    '  twice: it still arrives once. And something to be rejected:',
    `  curl -si ${receiverUrl}/v2/track ${json} -d '{"event":'`,
    '',
    ...[receiver, filter, mirror].map(
      ({ operations, process: { name, pid } }) =>
        `  curl -s ${operations}/readyz      also /status, /metrics, /livez: ${name}, pid ${pid}`,
    ),
    '',
    `  ${consoleConsumer(clusters)}`,
    `  brokers: datacenter ${addresses(clusters.datacenter)}, master ${addresses(clusters.master)}`,
    `  pids, ids of what was posted, logs: ${relative(process.cwd(), folder.clusterFile)}`,
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}

function addresses({ bootstrap }: Clusters['master']): string {
  return bootstrap.join(',');
}

/** Kafka's own, without a decoder of ours: everything that is no printable ASCII is shown as \xNN. */
function consoleConsumer({ master }: Clusters): string {
  const [container] = master.containers?.ids ?? [];
  const libs = relative(process.cwd(), inCheckout('.cache/kafka/libs'));
  const program =
    container === undefined
      ? `java -cp '${libs}/*' org.apache.kafka.tools.consumer.ConsoleConsumer`
      : `docker exec ${container.slice(0, 12)} /opt/kafka/bin/kafka-console-consumer.sh`;
  const bootstrap = (master.containers?.bootstrap ?? master.bootstrap).join(',');
  return [
    `${program} --bootstrap-server ${bootstrap}`,
    `    --topic ${topics.master.clean} --from-beginning --isolation-level read_committed --max-messages 20`,
    `    --formatter-property value.deserializer=${bytes}`,
  ].join(' \\\n');
}
