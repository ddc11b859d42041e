import { ServiceProcess } from '@penstock/test-process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reservePorts } from '../../../../../broker/src/broker/ports.ts';
import { findJava } from '../../../../../broker/src/jvm/java.ts';
import type { MirrorContender, Way } from './contender.ts';

const cache = join(import.meta.dirname, '../../../../../../.cache/mirror-maker');
const libs = join(cache, 'libs');
const logConfig = join(import.meta.dirname, '../../../../../broker/src/jvm/tool.log4j2.properties');

/** MirrorMaker 2 as a process of its own (connect-mirror-maker.sh), in the one mode or the other. */
export function mirrorMaker(mode: 'default' | 'exactly-once'): MirrorContender {
  const java = findJava();
  const version = versionOfJars();
  return {
    name: `MirrorMaker 2 ${version ?? ''}`.trim() + (mode === 'default' ? '' : ', exactly-once'),
    skipped: java && version ? undefined : whyNot(java),
    async start(way) {
      const [port] = await reservePorts(1);
      if (!port) throw new Error('no port');
      const file = join(way.folder, `${way.topic}.${mode}.properties`);
      const settings = settingsOf(way, mode, port.port);
      writeFileSync(
        file,
        Object.entries(settings)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      );
      port.release();
      const command = [java ?? 'java', ...jvmFlags, mainClass, file];
      return new ServiceProcess({ name: 'MirrorMaker 2', command, env: { PATH: process.env['PATH'] } });
    },
  };
}

const mainClass = 'org.apache.kafka.connect.mirror.MirrorMaker';

/** Those of connect-mirror-maker.sh and kafka-run-class.sh. */
const jvmFlags = [
  ...['-Xms256M', '-Xmx2G', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20'],
  ...['-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent'],
  ...['-Djava.awt.headless=true', `-Dlog4j2.configurationFile=${logConfig}`],
  ...['-cp', join(libs, '*')],
];

/** Its defaults, but for names, one replica, the codec of the copies, and no heartbeats and checkpoints. */
function settingsOf(
  { source, target, topic, codec }: Way,
  mode: string,
  port: number,
): Record<string, string> {
  return {
    clusters: 'source, target',
    'source.bootstrap.servers': source.bootstrap.join(','),
    'target.bootstrap.servers': target.bootstrap.join(','),
    'source->target.enabled': 'true',
    'source->target.topics': topic,
    'target->source.enabled': 'false',
    'replication.policy.class': 'org.apache.kafka.connect.mirror.IdentityReplicationPolicy',
    'replication.factor': '1',
    'offset-syncs.topic.replication.factor': '1',
    'offset.storage.replication.factor': '1',
    'status.storage.replication.factor': '1',
    'config.storage.replication.factor': '1',
    'emit.heartbeats.enabled': 'false',
    'emit.checkpoints.enabled': 'false',
    'target.producer.compression.type': codec,
    ...(mode === 'exactly-once' && {
      'target.exactly.once.source.support': 'enabled',
      'dedicated.mode.enable.internal.rest': 'true',
      listeners: `http://127.0.0.1:${port}`,
      'source.consumer.isolation.level': 'read_committed',
    }),
  };
}

function versionOfJars(): string | undefined {
  if (!existsSync(libs)) return undefined;
  return readdirSync(libs)
    .map((name) => /^connect-mirror-(\d+\.\d+\.\d+)\.jar$/.exec(name)?.[1])
    .find((version) => version !== undefined);
}

function whyNot(java: string | undefined): string {
  if (!java) return 'no Java';
  const said = join(cache, 'missing');
  return existsSync(said) ? readFileSync(said, 'utf8').trim() : 'no jars: node infra/setup.mjs --for=bench';
}
