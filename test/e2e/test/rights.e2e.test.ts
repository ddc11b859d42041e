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

  await grant(rightsOf('receiver'), { datacenter, master });
  const receiver = start('receiver', {
    ...kafkaEnv('PENSTOCK_KAFKA_', datacenter),
    PENSTOCK_RECEIVER_DC: 'fra',
    PENSTOCK_RECEIVER_KEY_SALT: 'a-salt-of-32-characters-for-tests',
    PENSTOCK_RECEIVER_LISTEN: '127.0.0.1:0',
    PENSTOCK_RECEIVER_OPERATIONS_LISTEN: '127.0.0.1:0',
  });
  await receiver.untilReady({ timeoutMs: 120_000 });
  const address = String((await receiver.said('taking events'))['address']);
  const event = {
    event_id: '8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21',
    event_type: 'page_view',
    client: { name: 'curl', version: '8.0.0' },
  };
  // The second one is rejected, so that there is something to replay.
  for (const body of [event, { ...event, nobody_knows: 1 }]) {
    const posted = await fetch(`http://${address}/v4/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(posted.status).toBe(200);
  }
  expect(await receiver.stop()).toMatchObject({ code: 0 });

  await grant(rightsOf('input-filter'), { datacenter, master });
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

  const someTime = ['--from', isoAgo(3_600_000), '--to', isoAgo(0)];
  await needsAll('input-filter replay', ['replay', '--all'], { datacenter, master });
  await needsAll('input-filter reprocess', ['reprocess', ...someTime, '--into', 'events.clean.fixed'], {
    ...{ datacenter, master },
  });

  const mirrorEnv = {
    ...kafkaEnv('PENSTOCK_MIRROR_SOURCE_KAFKA_', datacenter),
    ...kafkaEnv('PENSTOCK_MIRROR_TARGET_KAFKA_', master),
    PENSTOCK_MIRROR_LINK: 'fra',
    PENSTOCK_MIRROR_SHARDS: '1',
    PENSTOCK_MIRROR_INSTANCE: 'one',
    PENSTOCK_MIRROR_OPERATIONS_LISTEN: '127.0.0.1:0',
  };
  await grant(rightsOf('mirror', 'mirror init'), { datacenter, master });
  const init = await runToEnd(serviceCommand('mirror', 'init'), { env: mirrorEnv });
  expect(init).toMatchObject({ exitCode: 0, stderr: '' });
  await grant(rightsOf('mirror'), { datacenter, master });
  const mirror = start('mirror', mirrorEnv);
  await mirror.untilReady({ timeoutMs: 120_000 });
  await expect
    .poll(() => metricsOf(mirror), { timeout: 60_000, interval: 200 })
    .toMatch(/penstock_mirror_lag_records\{[^}]*\} 0\n/);
  expect(await mirror.stop()).toMatchObject({ code: 0 });
  expect(await master.consoleConsume('events.clean', { maxMessages: 1 })).toHaveLength(1);

  await commitPosition(datacenter, 'billing');
  await grant(rightsOf('mirror', 'mirror offsets'), { datacenter, master });
  const offsets = ['offsets', '--group', 'billing', '--apply'];
  const moved = await runToEnd(serviceCommand('mirror', ...offsets), { env: mirrorEnv });
  expect({ exitCode: moved.exitCode, problems: moved.stderr }).toMatchObject({ exitCode: 0 });
  await grant(rightsOf('mirror', 'mirror offsets --back'), { datacenter, master });
  const back = await runToEnd(serviceCommand('mirror', ...offsets, '--back'), { env: mirrorEnv });
  expect({ exitCode: back.exitCode, problems: back.stderr }).toMatchObject({ exitCode: 0 });
});

/** With its rights the command works, and with one of them missing it says which one. */
async function needsAll(service: string, args: string[], clusters: Clusters): Promise<void> {
  const all = rightsOf(service);
  const run = async () => {
    const ended = await runToEnd(serviceCommand('input-filter', ...args), {
      env: kafkaEnv('PENSTOCK_KAFKA_', clusters.datacenter),
    });
    return { exitCode: ended.exitCode, said: ended.stderr };
  };
  for (const { missing, refusal, left } of withoutOne(all)) {
    await grant(left, clusters);
    const { exitCode, said } = await run();
    expect.soft({ missing, exitCode, said }).toEqual({
      ...{ missing, exitCode: 1 },
      said: expect.stringMatching(refusal),
    });
  }
  await grant(all, clusters);
  const { exitCode, said } = await run();
  expect({ service, exitCode, said }).toMatchObject({ service, exitCode: 0 });
}

/** What a command was doing when the right was missing, as its error says it. */
const doing: Readonly<Record<string, string>> = {
  'Topic Create': 'creating ',
  'Topic DescribeConfigs': 'the settings of ',
  'Topic Read': '(?:fetch of |offsets of group \\S+ in )',
  'Topic Write': '',
  'Group Read': 'offsets of group ',
  'TransactionalId Write': 'taking over ',
};

/** By its code, by what was done, and by the very thing that it was done with. */
function refusalFor({ resource, name }: Right, operation: string): RegExp {
  const does = doing[`${resource} ${operation}`] ?? '';
  // events.rejected is not events.rejected.replayed.
  const end = name.endsWith('*') ? '' : '(?!\\.?\\w)';
  const named = `${RegExp.escape(name.replace(/\*$/, ''))}${end}`;
  // Kafka answers as if the topic were not there.
  if (operation === 'Describe') return new RegExp(`topic ${named} .* lacks Describe`);
  return new RegExp(`_AUTHORIZATION_FAILED(?: \\(\\d+\\))?: ${does}${named}`);
}

/** Create first: once the topic is there, nobody needs it. Whoever may read or write may describe as well. */
function withoutOne(all: readonly Right[]): { missing: string; refusal: RegExp; left: Right[] }[] {
  const implied = (operations: readonly string[]) =>
    ['Read', 'Write'].some((one) => operations.includes(one));
  const each = all.flatMap((right) =>
    right.operations
      .filter((operation) => operation !== 'Describe' || !implied(right.operations))
      .map((operation) => ({ right, operation })),
  );
  return each
    .toSorted((a, b) => Number(b.operation === 'Create') - Number(a.operation === 'Create'))
    .map(({ right, operation }) => ({
      missing: `${operation} on ${right.name}`,
      refusal: refusalFor(right, operation),
      left: all.map((one) =>
        one === right ? { ...one, operations: one.operations.filter((other) => other !== operation) } : one,
      ),
    }));
}

function isoAgo(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

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

interface Clusters {
  datacenter: TestKafka;
  master: TestKafka;
}

function rightsOf(...services: string[]): Right[] {
  const found = rights.filter(({ service }) => services.includes(service));
  expect(found.length).toBeGreaterThan(0);
  return found;
}

/** Everything that was granted before is taken away. */
async function grant(wanted: readonly Right[], clusters: Clusters): Promise<void> {
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
