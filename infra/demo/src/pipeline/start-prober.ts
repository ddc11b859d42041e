import { join } from 'node:path';
import { inCheckout } from '../checkout.ts';
import { writeClusterFile } from './demo-folder.ts';
import { DemoService } from './demo-service.ts';
import { serviceEntry } from './describe-demo.ts';
import type { Site } from './more-datacenters.ts';
import type { Pipeline } from './start-pipeline.ts';

/** The prober over all datacenters, put on `stack`, with the address of its live page. */
export async function startProber(
  sites: readonly Site[],
  { clusters: { master }, privileges, folder, file, halt }: Pipeline,
  stack: AsyncDisposableStack,
): Promise<{ page: string; died: AbortSignal }> {
  const brokers = sites.flatMap(({ name, bootstrap }) => bootstrap.map((broker) => `${name}=${broker}`));
  const prober = stack.use(
    new DemoService({
      name: 'Prober',
      command: [...privileges.launcher, process.execPath, inCheckout('packages/prober/src/main.ts')],
      env: {
        PATH: process.env['PATH'] ?? '',
        PENSTOCK_PROBER_RECEIVERS: sites.map(({ name, receiverUrl }) => `${name}=${receiverUrl}`).join(','),
        PENSTOCK_PROBER_KAFKA_BOOTSTRAP: brokers.join(','),
        PENSTOCK_PROBER_KAFKA_SINGLE_REPLICA: 'allowed',
        PENSTOCK_PROBER_MASTER_KAFKA_BOOTSTRAP: master.bootstrap.join(','),
        PENSTOCK_PROBER_MASTER_KAFKA_SINGLE_REPLICA: 'allowed',
        PENSTOCK_PROBER_OPERATIONS_LISTEN: '127.0.0.1:0',
        PENSTOCK_PROBER_PAGE_LISTEN: '127.0.0.1:0',
      },
      logFile: join(folder.logs, 'prober.log'),
    }),
  );
  const waiting = AbortSignal.any([halt, prober.died]);
  const operations = await prober.ready(waiting);
  const { address } = await prober.said('the live page is open', waiting);
  const listen = address as { address: string; port: number };
  const page = `http://${listen.address}:${listen.port}/`;
  file.prober = { ...serviceEntry({ process: prober, operations }), page };
  await writeClusterFile(folder.clusterFile, file);
  return { page, died: prober.died };
}
