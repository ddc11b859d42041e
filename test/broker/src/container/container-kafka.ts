import {
  GenericContainer,
  Network,
  StartupCheckStrategy,
  type StartedNetwork,
  type StartedTestContainer,
  getContainerRuntimeClient,
} from 'testcontainers';
import { connectedKafka } from '../connected-kafka.ts';
import { ContainerBroker } from './container-broker.ts';
import { reservePorts } from '../broker/ports.ts';
import { type BrokerAddresses, brokerSettings, environmentName } from '../broker/settings.ts';
import type { StartKafkaOptions } from '../start-options.ts';
import { randomKafkaId } from '../jvm/storage.ts';
import type { TestKafka } from '../test-kafka.ts';

/** 4.3.0 and 4.3.1 lose the visibility of committed records (KAFKA-20734). */
export const image = 'apache/kafka:4.2.1';
const internalPort = 19_092;
const controllerPort = 19_093;

/**
 * The same cluster in containers. Clients reach a broker on a port of the engine's host that is also its
 * port inside, so that the address it advertises is known before it starts. Testcontainers' Ryuk removes
 * what a killed test leaves.
 */
export async function startContainerKafka(o: StartKafkaOptions): Promise<TestKafka> {
  const client = await getContainerRuntimeClient();
  const engine = client.info.containerRuntime.host;
  const host = engine === 'localhost' ? '127.0.0.1' : engine;
  const ports = await reservePorts(o.brokers ?? 1);
  const network = await new Network().start();
  const started: StartedTestContainer[] = [];
  const dispose = async () => {
    await Promise.all(started.map((container) => container.stop({ timeout: 0 })));
    await network.stop();
    for (const port of ports) port.release();
  };
  try {
    const addresses = ports.map(({ port }, index) => addressesOf(index + 1, host, port, o));
    const clusterId = randomKafkaId();
    const outcomes = await Promise.allSettled(
      addresses.map(async (self, index) => {
        const port = ports[index]?.port ?? 0;
        const container = await containerOf(self, addresses, port, clusterId, network, o).start();
        started.push(container);
        const broker = new ContainerBroker({ id: self.id, host, port, containerId: container.getId() });
        await broker.untilReady(180_000);
        return broker;
      }),
    );
    const brokers = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    return connectedKafka({
      bootstrap: addresses.map((self) => self.client.advertised),
      brokers,
      containers: {
        ids: started.map((container) => container.getId()),
        bootstrap: addresses.map((self) => self.internal.advertised),
      },
      dispose,
    });
  } catch (error) {
    await dispose();
    throw error;
  }
}

function addressesOf(id: number, host: string, port: number, o: StartKafkaOptions): BrokerAddresses {
  const inside = (internal: number) => ({
    bind: `0.0.0.0:${internal}`,
    advertised: `broker-${id}:${internal}`,
  });
  return {
    id,
    client: { bind: `0.0.0.0:${port}`, advertised: o.advertised?.(id, port) ?? `${host}:${port}` },
    internal: inside(internalPort),
    controller: inside(controllerPort),
  };
}

function containerOf(
  self: BrokerAddresses,
  all: readonly BrokerAddresses[],
  port: number,
  clusterId: string,
  network: StartedNetwork,
  o: StartKafkaOptions,
): GenericContainer {
  const settings = brokerSettings(self, all, '/tmp/kraft-combined-logs', o.settings);
  return new GenericContainer(image)
    .withEnvironment({
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [environmentName(name), value])),
      CLUSTER_ID: clusterId,
      KAFKA_HEAP_OPTS: `-Xms64m -Xmx${o.heapMb ?? 320}m`,
    })
    .withNetwork(network)
    .withNetworkAliases(`broker-${self.id}`)
    .withExposedPorts({ container: port, host: port })
    .withWaitStrategy(new RunningAtOnce());
}

/** Readiness is ours to ask for, the same for every start of the container. */
class RunningAtOnce extends StartupCheckStrategy {
  override checkStartupState(): Promise<'SUCCESS'> {
    return Promise.resolve('SUCCESS');
  }
}
