import { type FaultProxy, startProxy } from './proxy.ts';

/**
 * What has to be known of startKafka of test/broker; it is given by the caller, so that this package needs
 * no other.
 */
interface ProxiedOptions {
  brokers?: 1 | 3;
  advertised?: (id: number, port: number) => string;
}

/** Disposing of it ends the cluster and its proxies. */
export interface ProxiedKafka<Kafka> extends AsyncDisposable {
  readonly kafka: Kafka;
  /** The proxies' addresses. */
  readonly bootstrap: string[];
  /** One per broker, in order of their ids: `proxies[0]` is in front of broker 1. */
  readonly proxies: FaultProxy[];
}

/**
 * A cluster whose brokers tell clients the addresses of proxies: every byte of a client passes through one,
 * the traffic between brokers through none. `await startProxiedKafka(startKafka, { brokers: 3 })`
 */
export async function startProxiedKafka<Kafka extends AsyncDisposable, Options extends ProxiedOptions>(
  startKafka: (options?: Options) => Promise<Kafka>,
  options: NoInfer<Options>,
): Promise<ProxiedKafka<Kafka>> {
  const proxies = await Promise.all(Array.from({ length: options.brokers ?? 1 }, () => startProxy()));
  const disposeProxies = async () => {
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
  };
  const advertised = (id: number, port: number): string => {
    const proxy = proxies[id - 1];
    if (!proxy) throw new Error(`no proxy for broker ${id}`);
    proxy.target = { host: '127.0.0.1', port };
    return proxy.address;
  };
  try {
    const kafka = await startKafka({ ...options, advertised });
    return {
      kafka,
      bootstrap: proxies.map((proxy) => proxy.address),
      proxies,
      [Symbol.asyncDispose]: async () => {
        await disposeProxies();
        await kafka[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await disposeProxies();
    throw error;
  }
}
