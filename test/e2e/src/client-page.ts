import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundleClient } from '@penstock/client/bundle';

/**
 * A site with one page, which makes a client for `?url=` as `penstock` and lists what it tells as `problems`
 * and `dropped`.
 */
export interface ClientSite extends AsyncDisposable {
  /** Of the page, by the name that the Receiver knows. */
  origin: string;
  /** The same site by a name that it does not know: for a browser, another origin. */
  strangerOrigin: string;
}

const page = `<!doctype html><title>A page with a client</title><script type="module">
  import { Client } from '/penstock-client.js';
  window.problems = [];
  window.dropped = [];
  window.penstock = new Client({
    url: new URLSearchParams(location.search).get('url'),
    client: { name: 'shop', version: '1.0.0' },
    lingerMs: 20,
    retryMaxMs: 500,
    onProblem: (told) => problems.push(told),
    onDropped: (told) => dropped.push(told),
  });
</script>`;

export async function startClientSite(): Promise<ClientSite> {
  const bundle = await bundleClient();
  const server = createServer(({ url }, response) => {
    const isScript = url === '/penstock-client.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8');
    response.end(isScript ? bundle : page);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    strangerOrigin: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
