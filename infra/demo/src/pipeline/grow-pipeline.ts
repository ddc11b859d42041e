import { withProgress } from '../say.ts';
import { siteNames, startSite, type Site } from './more-datacenters.ts';
import type { Pipeline } from './start-pipeline.ts';
import { startProber } from './start-prober.ts';

export interface GrownPipeline extends Pipeline {
  /** The address of the prober's live page. */
  readonly page: string;
}

/**
 * What goes on after the account, which would not balance with other traffic: more datacenters, one after the
 * other so that they do not fight for the processor, and the prober with its page.
 */
export async function growPipeline(
  pipeline: Pipeline,
  datacenters: number,
  stack: AsyncDisposableStack,
): Promise<GrownPipeline> {
  const { services, clusters, halt } = pipeline;
  const [first, ...others] = siteNames.slice(0, datacenters);
  const sites: Site[] = [
    { name: first ?? '', receiverUrl: services.receiverUrl, bootstrap: clusters.datacenter.bootstrap },
  ];
  const ends: AbortSignal[] = [];
  for (const name of others) {
    const { site, died } = await withProgress(`starting the datacenter ${name}`, () =>
      startSite(name, pipeline, stack),
    );
    sites.push(site);
    ends.push(died);
    halt.throwIfAborted();
  }
  const { page, died } = await withProgress('starting the Prober', () => startProber(sites, pipeline, stack));
  return { ...pipeline, page, halt: AbortSignal.any([halt, ...ends, died]) };
}
