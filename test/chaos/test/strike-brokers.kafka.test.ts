import { brokerKind } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import { faultKinds } from '../src/plan/fault-kinds.ts';
import { StagedCluster } from '../src/stage/staged-cluster.ts';
import { Lasting } from '../src/strike/lasting.ts';
import { strikeBrokers } from '../src/strike/strike-brokers.ts';

// With two of three brokers down no fault of one broker could ever get well: none finds a majority alone.
test.skipIf(brokerKind() !== 'jvm')(
  'a fault that goes wrong leaves no broker down, not even one that was down before',
  async () => {
    const cluster = await StagedCluster.start('datacenter', () => undefined);
    onTestFinished(() => cluster[Symbol.asyncDispose]());
    await Promise.all([cluster.broker(1).kill(), cluster.broker(2).kill()]);
    const kind = faultKinds.find(({ name }) => name === 'full-disk')!;
    const target = { on: 'cluster', cluster: 'datacenter', broker: 3 } as const;
    const fault = { number: 1, kind, target, at: 0, seconds: 1, draw: 0, rooms: ['datacenter'] } as const;
    const lasting = new Lasting(new AbortController().signal);
    await expect(strikeBrokers(kind.name, cluster, 3, undefined, fault, lasting)).rejects.toThrow(
      'there is no small disk',
    );
    expect(cluster.kafka.brokers.map(({ pid }) => pid)).not.toContain(undefined);
  },
);
