import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPipelineTopics, packageOf, type PipelineClusters, serviceEnvironment } from '@penstock/e2e';
import { forgetFolder, removeAtExit, runToEnd, serviceCommand, throughRunner } from '@penstock/test-process';
import { type ClusterName, type ServiceName, serviceNames, smallDiskBroker } from '../plan/fault-kinds.ts';
import { Crew } from './crew.ts';
import { GeoipFile } from './geoip-file.ts';
import { SmallDisk } from './small-disk.ts';
import { StagedCluster } from './staged-cluster.ts';
import type { UnbiddenEnd } from './supervised.ts';

export interface StageOptions {
  /** Of each service; default 2. */
  instances?: number;
  /** Default 6. */
  partitions?: number;
  /** Logs of the services stay here. */
  logFolder: string;
  /** Whether one broker's data is on a small disk (see whyNoSmallDisk). */
  smallDisk?: boolean;
}

/** Everything that is broken and judged: two clusters behind proxies, and the services of a datacenter. */
export interface Stage extends AsyncDisposable {
  readonly clusters: Readonly<Record<ClusterName, StagedCluster>>;
  readonly crews: Readonly<Record<ServiceName, Crew>>;
  readonly geoip: GeoipFile;
  readonly smallDisk: SmallDisk | undefined;
  /** Ends that nobody asked for. */
  readonly unbidden: UnbiddenEnd[];
  /** Ends every fault; settles when all brokers are in sync and all services are ready. */
  heal(): Promise<void>;
  /** For a failure message. */
  logs(): string;
}

/** Settles when everything is ready. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const cleanUp = new AsyncDisposableStack();
  try {
    return await build(options, cleanUp);
  } catch (error) {
    await cleanUp.disposeAsync();
    throw error;
  }
}

async function build(options: StageOptions, cleanUp: AsyncDisposableStack): Promise<Stage> {
  const { instances = 2, partitions = 6, logFolder } = options;
  await mkdir(logFolder, { recursive: true });
  const folder = await temporaryFolder(cleanUp);
  const smallDisk = options.smallDisk ? cleanUp.use(await SmallDisk.mount('6g')) : undefined;
  const dataFolderOf = (id: number): string | undefined =>
    smallDisk && id === smallDiskBroker ? join(smallDisk.folder, 'data') : undefined;
  const [datacenter, master] = await startBoth(cleanUp, dataFolderOf);
  const clusters = { datacenter, master };
  const addresses: PipelineClusters = {
    datacenter: { bootstrap: clusters.datacenter.bootstrap, replicationFactor: 3 },
    master: { bootstrap: clusters.master.bootstrap, replicationFactor: 3 },
  };
  const geoip = new GeoipFile(folder);
  await Promise.all([createPipelineTopics(partitions, addresses), geoip.put('first')]);
  await initMirror(addresses);
  const env: Record<ServiceName, Record<string, string>> = {
    receiver: { PENSTOCK_RECEIVER_TRUSTED_PROXY_HOPS: '1' },
    filter: {
      PENSTOCK_FILTER_GEOIP_DATABASES: geoip.path,
      PENSTOCK_FILTER_GEOIP_CHECK_INTERVAL_MS: '500',
    },
    mirror: {},
  };
  const crew = (service: ServiceName): Crew =>
    cleanUp.use(
      new Crew({
        ...{ service, instances, clusters: addresses, logFolder, clockFolder: folder },
        env: env[service],
      }),
    );
  const crews = { receiver: crew('receiver'), filter: crew('filter'), mirror: crew('mirror') };
  const all = serviceNames.map((name) => crews[name]);
  await Promise.all(all.map((one) => one.start()));
  return {
    ...{ clusters, crews, geoip, smallDisk },
    get unbidden() {
      return all.flatMap((one) => one.unbidden);
    },
    heal: async () => {
      await smallDisk?.makeRoom();
      await geoip.put('first');
      await Promise.all(Object.values(clusters).map((cluster) => cluster.heal()));
      await Promise.all(all.map((one) => one.heal()));
    },
    logs: () =>
      [
        ...all.flatMap(({ members }) => members.map((member) => member.logTail(30))),
        ...Object.values(clusters).map(({ kafka }) => kafka.logs(20)),
      ].join('\n'),
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
}

/** When one fails, the other one is waited for, so that it is not left behind. */
async function startBoth(
  cleanUp: AsyncDisposableStack,
  dataFolderOf: (id: number) => string | undefined,
): Promise<[datacenter: StagedCluster, master: StagedCluster]> {
  const started = async (name: ClusterName, folderOf: typeof dataFolderOf): Promise<StagedCluster> =>
    cleanUp.use(await StagedCluster.start(name, folderOf));
  const both = await Promise.allSettled([
    started('datacenter', dataFolderOf),
    started('master', () => undefined),
  ]);
  const [datacenter, master] = both.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
  return [datacenter!, master!];
}

async function temporaryFolder(cleanUp: AsyncDisposableStack): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-chaos-'));
  removeAtExit(folder);
  cleanUp.defer(async () => {
    await rm(folder, { recursive: true, force: true });
    forgetFolder(folder);
  });
  return folder;
}

async function initMirror(clusters: PipelineClusters): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '', ...serviceEnvironment('mirror', 1, clusters) };
  const { exitCode, stdout, stderr } = await runToEnd(
    throughRunner(serviceCommand(packageOf.mirror, 'init')),
    { env },
  );
  if (exitCode !== 0) throw new Error(`mirror init ended with ${exitCode}:\n${stdout}${stderr}`);
}
