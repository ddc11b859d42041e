import type { Service, ServiceContext } from '@penstock/service';
import { knobs, type ProberConfig } from './config.ts';
import { startPageServer } from './page/page-server.ts';
import { Prober } from './prober.ts';

/** The prober as a service: it sends until it is told to stop. */
export async function startProber(context: ServiceContext<ProberConfig>): Promise<Service> {
  const { config, log, metrics, fail } = context;
  const prober = await Prober.start({ config, log, metrics, fail });
  const page = await startPageServer({
    listen: config.pageListen,
    knob: knobs.pageListen.name,
    snapshot: () => prober.pageView(),
    history: () => prober.pageHistory(),
  }).catch(async (error: unknown) => {
    await prober[Symbol.asyncDispose]();
    throw error;
  });
  log.info({ address: page.address }, 'the live page is open');
  prober.senders.start();
  return {
    notReady: () => prober.notReady(),
    status: () => prober.status(),
    drain: () => prober.drain(),
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await prober[Symbol.asyncDispose]();
    },
  };
}
