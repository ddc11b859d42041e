import { createServer } from 'node:net';
import { DemoError } from '../errors.ts';

/** Says at once what would otherwise be found out after the clusters have been started. */
export async function checkPort(port: number): Promise<void> {
  if (port === 0) return;
  const server = createServer();
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    server.once('error', resolve);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(undefined));
  });
  server.close();
  if (problem === undefined) return;
  const why = problem.code === 'EADDRINUSE' ? 'taken' : `refused (${problem.code})`;
  throw new DemoError(`port ${port} is ${why}: choose another with --port, or leave it out for a free one`);
}
