import { runToEnd, serviceCommand, ServiceProcess } from '@penstock/test-process';
import { uniqueName } from '@penstock/test-broker';
import type { MirrorContender, Way } from './contender.ts';

/** With every setting at its default. */
export const penstockMirror: MirrorContender = {
  name: 'Penstock Mirror',
  async start(way) {
    const env = environmentOf(way);
    const { exitCode, stderr } = await runToEnd(serviceCommand('mirror', 'init'), { env });
    if (exitCode !== 0) throw new Error(`mirror init ended with ${exitCode}: ${stderr}`);
    return new ServiceProcess({ name: 'the Mirror', command: serviceCommand('mirror'), env });
  },
};

function environmentOf({ source, target, topic }: Way): Record<string, string | undefined> {
  return {
    PATH: process.env['PATH'],
    PENSTOCK_MIRROR_LINK: uniqueName('bench'),
    PENSTOCK_MIRROR_INSTANCE: 'one',
    PENSTOCK_MIRROR_TOPICS: topic,
    PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: source.bootstrap.join(','),
    PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: target.bootstrap.join(','),
    PENSTOCK_MIRROR_SOURCE_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_MIRROR_TARGET_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_MIRROR_OPERATIONS_LISTEN: '127.0.0.1:0',
  };
}
