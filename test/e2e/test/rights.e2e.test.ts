import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openAdmin } from '@penstock/kafka';
import { canSecure, securedUser, startKafka, type TestKafka } from '@penstock/test-broker';
import { runToEnd, serviceCommand, ServiceProcess } from '@penstock/test-process';
import { datacenterTopics, masterTopics } from '@penstock/topics';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';

// docs/operations.md says which rights each service needs. Here the services have exactly those.

interface Right {
  service: string;
  cluster: string;
  resource: 'Topic' | 'Group' | 'TransactionalId';
  name: string;
  operations: string[];
}

const page = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8');
const rights: Right[] = [
  ...page.matchAll(
    /^\| ([\w -]+?) +\| (datacenter|master) +\| (Topic|Group|TransactionalId) +\| (\S+) +\| (.*?) *\|$/gm,
  ),
].map(([, service = '', cluster = '', resource, name = '', operations = '']) => ({
  ...{ service, cluster, resource: resource as Right['resource'], name },
  operations: operations.split(', '),
}));

const authorizer = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  // The plain listeners: the brokers themselves, and this test.
  'super.users': 'User:ANONYMOUS',
};

test.skipIf(!canSecure())('each service does its work with the rights that the docs give it', async () => {
  await using datacenter = await startKafka({ name: 'rights-dc', secured: true, settings: authorizer });
  await using master = await startKafka({ name: 'rights-master', secured: true, settings: authorizer });
  await createTopics(datacenter, master);

  await grant('receiver', { datacenter, master });
  const receiver = start('receiver', {
    ...kafkaEnv('PENSTOCK_KAFKA_', datacenter),
    PENSTOCK_RECEIVER_DC: 'fra',
    PENSTOCK_RECEIVER_KEY_SALT: 'a-salt-of-32-characters-for-tests',
    PENSTOCK_RECEIVER_LISTEN: '127.0.0.1:0',
    PENSTOCK_RECEIVER_OPERATIONS_LISTEN: '127.0.0.1:0',
  });
  await receiver.untilReady({ timeoutMs: 120_000 });
  const address = String((await receiver.said('taking events'))['address']);
  const posted = await fetch(`http://${address}/v4/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      event_id: '8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21',
      event_type: 'page_view',
      client: { name: 'curl', version: '8.0.0' },
    }),
  });
  expect(posted.status).toBe(200);
  expect(await receiver.stop()).toMatchObject({ code: 0 });

  await grant('input-filter', { datacenter, master });
  // Twice: the second start finds positions and ids to read.
  for (const _ of [1, 2]) {
    const filter = start('input-filter', {
      ...kafkaEnv('PENSTOCK_KAFKA_', datacenter),
      PENSTOCK_FILTER_OPERATIONS_LISTEN: '127.0.0.1:0',
      PENSTOCK_FILTER_INSTANCE: 'one',
      PENSTOCK_FILTER_GEOIP_DATABASES: 'none',
    });
    await filter.untilReady({ timeoutMs: 120_000 });
    const outcome = /penstock_input_filter_lag_records\{[^}]*\} 0\n/;
    await expect.poll(() => metricsOf(filter), { timeout: 60_000, interval: 200 }).toMatch(outcome);
    expect(await filter.stop()).toMatchObject({ code: 0 });
  }

  await grant('input-filter replay', { datacenter, master });
  const replayed = await runToEnd(serviceCommand('input-filter', 'replay', '--all'), {
    env: kafkaEnv('PENSTOCK_KAFKA_', datacenter),
  });
  expect(replayed).toMatchObject({ exitCode: 0 });

  const mirrorEnv = {
    ...kafkaEnv('PENSTOCK_MIRROR_SOURCE_KAFKA_', datacenter),
    ...kafkaEnv('PENSTOCK_MIRROR_TARGET_KAFKA_', master),
    PENSTOCK_MIRROR_LINK: 'fra',
    PENSTOCK_MIRROR_SHARDS: '1',
    PENSTOCK_MIRROR_INSTANCE: 'one',
    PENSTOCK_MIRROR_OPERATIONS_LISTEN: '127.0.0.1:0',
  };
  await grant('mirror', { datacenter, master }, 'mirror init');
  const init = await runToEnd(serviceCommand('mirror', 'init'), { env: mirrorEnv });
  expect(init).toMatchObject({ exitCode: 0, stderr: '' });
  await grant('mirror', { datacenter, master });
  const mirror = start('mirror', mirrorEnv);
  await mirror.untilReady({ timeoutMs: 120_000 });
  await expect
    .poll(() => metricsOf(mirror), { timeout: 60_000, interval: 200 })
    .toMatch(/penstock_mirror_lag_records\{[^}]*\} 0\n/);
  expect(await mirror.stop()).toMatchObject({ code: 0 });
  expect(await master.consoleConsume('events.clean', { maxMessages: 1 })).toHaveLength(1);

  await commitPosition(datacenter, 'billing');
  await grant('mirror', { datacenter, master }, 'mirror offsets');
  const offsets = ['offsets', '--group', 'billing', '--apply'];
  const moved = await runToEnd(serviceCommand('mirror', ...offsets), { env: mirrorEnv });
  expect({ exitCode: moved.exitCode, problems: moved.stderr }).toMatchObject({ exitCode: 0 });
});

/** Of a group that has read nothing yet. */
async function commitPosition({ bootstrap }: TestKafka, groupId: string): Promise<void> {
  const admin = new Kafka({ brokers: bootstrap, clientId: 'rights', logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.setOffsets({ groupId, topic: 'events.clean', partitions: [{ partition: 0, offset: '0' }] });
  await admin.disconnect();
}

async function createTopics(datacenter: TestKafka, master: TestKafka): Promise<void> {
  const size = { partitions: 1, replicationFactor: 1 };
  await using there = await openAdmin({ bootstrap: datacenter.bootstrap, clientId: 'rights' });
  await there.createTopics(datacenterTopics(size));
  await using here = await openAdmin({ bootstrap: master.bootstrap, clientId: 'rights' });
  await here.createTopics(masterTopics(size));
}

/** Everything that was granted before is taken away. */
async function grant(
  service: string,
  clusters: { datacenter: TestKafka; master: TestKafka },
  also?: string,
): Promise<void> {
  const wanted = rights.filter((right) => right.service === service || right.service === also);
  expect(wanted.length).toBeGreaterThan(0);
  for (const [name, { bootstrap }] of Object.entries(clusters)) {
    const admin = new Kafka({ brokers: bootstrap, clientId: 'rights', logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const any = { resourceType: AclResourceTypes.ANY, resourcePatternType: ResourcePatternTypes.ANY };
    const every = { operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY };
    await admin.deleteAcls({ filters: [{ ...any, ...every, principal: `User:${securedUser.username}` }] });
    const acl = wanted.filter(({ cluster }) => cluster === name).flatMap(aclsOf);
    if (acl.length > 0) await admin.createAcls({ acl });
    await admin.disconnect();
  }
}

function aclsOf({ resource, name, operations }: Right) {
  const types = {
    Topic: AclResourceTypes.TOPIC,
    Group: AclResourceTypes.GROUP,
    TransactionalId: AclResourceTypes.TRANSACTIONAL_ID,
  };
  const known: Record<string, AclOperationTypes> = {
    Read: AclOperationTypes.READ,
    Write: AclOperationTypes.WRITE,
    Create: AclOperationTypes.CREATE,
    Alter: AclOperationTypes.ALTER,
    Describe: AclOperationTypes.DESCRIBE,
    DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
  };
  return operations.map((operation) => ({
    principal: `User:${securedUser.username}`,
    host: '*',
    operation: known[operation] ?? AclOperationTypes.UNKNOWN,
    permissionType: AclPermissionTypes.ALLOW,
    resourceType: types[resource],
    resourceName: name.replace(/\*$/, ''),
    resourcePatternType: name.endsWith('*') ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
  }));
}

function kafkaEnv(prefix: string, kafka: TestKafka): Record<string, string> {
  return {
    [`${prefix}BOOTSTRAP`]: kafka.secured?.sasl.join(',') ?? '',
    [`${prefix}SINGLE_REPLICA`]: 'allowed',
    [`${prefix}SASL_MECHANISM`]: 'PLAIN',
    [`${prefix}SASL_USERNAME`]: securedUser.username,
    [`${prefix}SASL_PASSWORD`]: securedUser.password,
  };
}

function start(service: string, env: Record<string, string>): ServiceProcess {
  const process = new ServiceProcess({ name: service, command: serviceCommand(service), env });
  onTestFinished(async () => void (await process.kill()));
  return process;
}

async function metricsOf(process: ServiceProcess): Promise<string> {
  return (await fetch(`${String(process.operations)}/metrics`)).text();
}
