import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { inCheckout } from '../checkout.ts';
import type { Privileges } from './privileges.ts';
import { DemoService } from './demo-service.ts';
import { link } from './topic-names.ts';
import type { Clusters } from './start-clusters.ts';

/** A service that is up and ready. */
export interface RunningService {
  process: DemoService;
  /** `http://127.0.0.1:port` of /livez, /readyz, /metrics and /status. */
  operations: string;
}

export interface Services {
  receiver: RunningService;
  filter: RunningService;
  mirror: RunningService;
  /** Where events are posted. */
  receiverUrl: string;
}

export const datacenterName = 'fra';

/** The link has the name of its datacenter. */
export function mirrorEnv(
  { datacenter, master }: Pick<Clusters, 'datacenter' | 'master'>,
  name: string = link,
): Record<string, string> {
  return {
    PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: datacenter.bootstrap.join(','),
    PENSTOCK_MIRROR_SOURCE_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: master.bootstrap.join(','),
    PENSTOCK_MIRROR_TARGET_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_MIRROR_LINK: name,
    PENSTOCK_MIRROR_INSTANCE: 'mirror-1',
    PENSTOCK_MIRROR_SHARDS: '2',
    PENSTOCK_MIRROR_OPERATIONS_LISTEN: '127.0.0.1:0',
  };
}

function filterEnv({ datacenter }: Pick<Clusters, 'datacenter'>): Record<string, string> {
  return {
    PENSTOCK_KAFKA_BOOTSTRAP: datacenter.bootstrap.join(','),
    PENSTOCK_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_FILTER_INSTANCE: 'filter-1',
    PENSTOCK_FILTER_OPERATIONS_LISTEN: '127.0.0.1:0',
  };
}

function receiverEnv(
  { datacenter }: Pick<Clusters, 'datacenter'>,
  port: number,
  name: string,
): Record<string, string> {
  return {
    PENSTOCK_KAFKA_BOOTSTRAP: datacenter.bootstrap.join(','),
    PENSTOCK_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_RECEIVER_LISTEN: `127.0.0.1:${port}`,
    PENSTOCK_RECEIVER_OPERATIONS_LISTEN: '127.0.0.1:0',
    PENSTOCK_RECEIVER_DC: name,
    PENSTOCK_RECEIVER_INSTANCE: 'receiver-1',
    PENSTOCK_RECEIVER_KEY_SALT: randomBytes(16).toString('hex'),
    // So that X-Forwarded-For can say where an event comes from: everything here comes from 127.0.0.1.
    PENSTOCK_RECEIVER_TRUSTED_PROXY_HOPS: '1',
    // No balancer has to notice.
    PENSTOCK_RECEIVER_STOP_LINGER_MS: '0',
  };
}

/**
 * Starts the three of a datacenter at once; they are stopped in the reverse of this order, when `stack` is
 * disposed of. Only services of other datacenters than the first have its name in theirs.
 */
export function startServices(
  clusters: Pick<Clusters, 'datacenter' | 'master'>,
  privileges: Privileges,
  o: { port: number; logs: string; stack: AsyncDisposableStack; datacenter?: string },
): { receiver: DemoService; filter: DemoService; mirror: DemoService } {
  const { datacenter = datacenterName } = o;
  const [of, ending] = datacenter === datacenterName ? ['', ''] : [` of ${datacenter}`, `-${datacenter}`];
  const start = (name: string, folder: string, env: Record<string, string>): DemoService =>
    o.stack.use(
      new DemoService({
        name: `${name}${of}`,
        command: [...privileges.launcher, process.execPath, inCheckout('packages', folder, 'src/main.ts')],
        env: { PATH: process.env['PATH'] ?? '', ...env },
        logFile: join(o.logs, `${folder}${ending}.log`),
      }),
    );
  const mirror = start('Mirror', 'mirror', mirrorEnv(clusters, datacenter));
  const filter = start('Input Filter', 'input-filter', filterEnv(clusters));
  const receiver = start('Receiver', 'receiver', receiverEnv(clusters, o.port, datacenter));
  return { mirror, filter, receiver };
}

/** Settles when all three say that they are ready. */
export async function untilReady(
  processes: ReturnType<typeof startServices>,
  halt: AbortSignal,
): Promise<Services> {
  const ready = async (process: DemoService): Promise<RunningService> => ({
    process,
    operations: await process.ready(halt),
  });
  const [receiver, filter, mirror] = await Promise.all([
    ready(processes.receiver),
    ready(processes.filter),
    ready(processes.mirror),
  ]);
  const { address } = await processes.receiver.said('taking events', halt);
  return { receiver, filter, mirror, receiverUrl: `http://${String(address)}` };
}
