import type { Service, ServiceContext } from '@penstock/service';
import type { ProberConfig } from './config.ts';
import { Prober } from './prober.ts';

/** The prober as a service: it sends until it is told to stop. */
export async function startProber(context: ServiceContext<ProberConfig>): Promise<Service> {
  const { config, log, metrics, fail } = context;
  const prober = await Prober.start({ config, log, metrics, fail });
  prober.senders.start();
  return {
    notReady: () => prober.notReady(),
    status: () => prober.status(),
    drain: () => prober.drain(),
    [Symbol.asyncDispose]: () => prober[Symbol.asyncDispose](),
  };
}
