import { runToEnd } from '@penstock/test-process';
import type { Clusters } from './start-clusters.ts';
import { checkout, inCheckout } from '../checkout.ts';
import { DemoError } from '../errors.ts';
import type { Privileges } from './privileges.ts';

export const partitions = 4;

/**
 * The commands that an operator uses, as children: topics of both clusters, then the link's ledger on the
 * master.
 */
export async function provision(
  { datacenter, master }: Pick<Clusters, 'datacenter' | 'master'>,
  privileges: Privileges,
  mirrorEnv: Record<string, string>,
): Promise<void> {
  const topics = (cluster: string, bootstrap: readonly string[]): Promise<void> =>
    run(privileges, 'topics', inCheckout('infra/topics/src/main.ts'), {}, [
      ...['--cluster', cluster, '--bootstrap', bootstrap.join(',')],
      ...['--partitions', String(partitions), '--single-replica'],
    ]);
  await Promise.all([topics('datacenter', datacenter.bootstrap), topics('master', master.bootstrap)]);
  await run(privileges, 'mirror init', inCheckout('packages/mirror/src/main.ts'), mirrorEnv, ['init']);
}

async function run(
  { launcher }: Privileges,
  what: string,
  program: string,
  env: Record<string, string>,
  args: readonly string[],
): Promise<void> {
  // kafkajs computes a timeout from "never throttled", -1, at each start: harmless, and no line for a person.
  const node = [process.execPath, '--disable-warning=TimeoutNegativeWarning', program, ...args];
  const { exitCode, stdout, stderr } = await runToEnd([...launcher, ...node], {
    cwd: checkout,
    env: { PATH: process.env['PATH'], ...env },
  });
  if (exitCode !== 0) throw new DemoError(`${what} failed (exit code ${exitCode}): ${stderr || stdout}`);
}
