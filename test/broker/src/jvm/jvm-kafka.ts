import { chown, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { forgetFolder, removeAtExit } from '@penstock/test-process';
import { connectedKafka } from '../connected-kafka.ts';
import { JvmBroker } from './jvm-broker.ts';
import { reservePorts } from '../broker/ports.ts';
import { scramArguments, secureListeners, type SecuredPorts } from './secured-listeners.ts';
import { type BrokerAddresses, brokerSettings } from '../broker/settings.ts';
import type { FolderOwner, StartKafkaOptions } from '../start-options.ts';
import { formatStorage, randomKafkaId } from './storage.ts';
import type { TestKafka } from '../test-kafka.ts';

/**
 * A cluster of child JVMs with a temporary folder of its own. Ports stay reserved until it is disposed of.
 */
export async function startJvmKafka(o: StartKafkaOptions): Promise<TestKafka> {
  const count = o.brokers ?? 1;
  const ports = await reservePorts((o.secured ? 6 : 3) * count);
  const folder = await mkdtemp(join(tmpdir(), `penstock-${o.name ?? 'kafka'}-`));
  removeAtExit(folder);
  const brokers: JvmBroker[] = [];
  const dispose = async () => {
    await Promise.all(brokers.map((broker) => broker.discard()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    forgetFolder(folder);
    for (const port of ports) port.release();
  };
  try {
    const numbers = ports.map((reserved) => reserved.port);
    const addresses = addressesOf(numbers.slice(0, 3 * count), o.advertised);
    const security = o.secured
      ? await secureListeners(folder, securedPortsOf(numbers.slice(3 * count)))
      : undefined;
    const clusterId = randomKafkaId();
    for (const self of addresses) {
      const home = join(folder, `broker-${self.id}`);
      await mkdir(home);
      const data = o.dataFolderOf?.(self.id) ?? join(home, 'data');
      await formatStorage(data, self.id, clusterId, security ? scramArguments() : []);
      const plain = brokerSettings(self, addresses, data, o.settings);
      const settings = security?.settingsOf(self.id, plain) ?? plain;
      const port = Number(self.client.bind.split(':')[1]);
      brokers.push(
        new JvmBroker({
          id: self.id,
          port,
          folder: home,
          settings,
          heapMb: o.heapMb ?? 320,
          through: o.through ?? [],
        }),
      );
    }
    if (o.owner) await giveFolder(folder, o.owner);
    await startTogether(brokers);
    const bootstrap = addresses.map((self) => self.client.advertised);
    const inside = addresses.map((self) => self.internal.advertised);
    return connectedKafka({ bootstrap, inside, brokers, secured: security?.secured, dispose });
  } catch (error) {
    await dispose();
    throw error;
  }
}

function securedPortsOf(ports: readonly number[]): SecuredPorts[] {
  return Array.from({ length: ports.length / 3 }, (_, index) => {
    const [sasl, saslTls, mutualTls] = ports.slice(3 * index, 3 * index + 3) as [number, number, number];
    return [sasl, saslTls, mutualTls];
  });
}

async function giveFolder(folder: string, { uid, gid }: FolderOwner): Promise<void> {
  const inside = await readdir(folder, { recursive: true });
  await Promise.all(
    [folder, ...inside.map((name) => join(folder, name))].map((path) => chown(path, uid, gid)),
  );
}

/** All ready, or the first failure once every one of them has settled, so that none is left behind. */
async function startTogether(brokers: readonly JvmBroker[]): Promise<void> {
  const outcomes = await Promise.allSettled(brokers.map((broker) => broker.start()));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  // Each has opened its listener; what the others know of it may be one metadata record behind.
  if (brokers.length > 1) await sleep(50);
}

function addressesOf(
  ports: readonly number[],
  advertised?: (id: number, port: number) => string,
): BrokerAddresses[] {
  return Array.from({ length: ports.length / 3 }, (_, index) => {
    const id = index + 1;
    const [client, internal, controller] = ports.slice(3 * index, 3 * index + 3) as [number, number, number];
    const local = (port: number) => ({ bind: `127.0.0.1:${port}`, advertised: `127.0.0.1:${port}` });
    return {
      id,
      client: { bind: `127.0.0.1:${client}`, advertised: advertised?.(id, client) ?? `127.0.0.1:${client}` },
      internal: local(internal),
      controller: local(controller),
    };
  });
}
