import { openCluster, openTransactionSession, type Cluster } from '@penstock/kafka';
import { uniqueName, type TestKafka } from '@penstock/test-broker';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, partitionStates, untilPhase, writeCommitted } from './source-writer.ts';
import { createLink, eventually, expectExactCopy, testTimeoutMs, useTwoClusters } from './two-clusters.ts';

// Names that Node cannot see in a CommonJS module from outside.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const settings = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
};
const clusters = useTwoClusters({ harmed: true, settings });

test.each([
  ['source', AclOperationTypes.READ, 'does not let this user read'],
  ['target', AclOperationTypes.WRITE, 'does not let this user write'],
] as const)(
  'an ACL that is missing on the %s pauses its topic and no other, and ends without a restart',
  async (side, operation, words) => {
    const denied = uniqueName('denied');
    await clusters.source.createTopic(denied, { partitions: 2 });
    const link = await createLink(clusters, { partitions: 2, further: denied });
    const mirror = startMirrorProcess(link.env);
    for (const topic of [link.topic, denied]) {
      await writeCommitted(clusters.sourceCluster, topic, [0, 1], 2);
      await copiedUpToNow(mirror, clusters.sourceCluster, topic, [0, 1]);
    }
    await deny(clusters[side], denied, operation);
    const { pause, detail } = await untilPhase(mirror, `${denied}-0`, 'paused');
    expect(pause?.kind).toBe('not-authorized');
    expect(detail).toContain(words);
    await writeCommitted(clusters.sourceCluster, denied, [0, 1], 2);
    await writeCommitted(clusters.sourceCluster, link.topic, [0, 1], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1]);
    // A mirror that starts meanwhile does not give up either.
    expect(await mirror.stop()).toBe(0);
    const second = startMirrorProcess(link.env);
    await untilPhase(second, `${denied}-1`, 'paused');
    await writeCommitted(clusters.sourceCluster, link.topic, [0, 1], 1);
    await copiedUpToNow(second, clusters.sourceCluster, link.topic, [0, 1]);
    await allow(clusters[side], denied);
    await copiedUpToNow(second, clusters.sourceCluster, denied, [0, 1]);
    expect(await second.stop()).toBe(0);
    expect(await expectExactCopy(clusters, { topic: denied }, [0, 1])).toBe(80);
  },
  testTimeoutMs,
);

test(
  'a topic that the target refuses for another reason pauses its partitions and no other',
  async () => {
    // Nobody but a broker may write to it: INVALID_TOPIC_EXCEPTION, which no retry mends.
    const internal = '__consumer_offsets';
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    await commitGroups(clusters.target, target, 1);
    await commitGroups(clusters.source, clusters.sourceCluster, 24); // in each of its partitions
    const link = await createLink(clusters, { partitions: 2, further: internal });
    const mirror = startMirrorProcess(link.env);
    const name = `${internal}-0`;
    const { pause } = await untilPhase(mirror, name, 'paused');
    if (pause?.kind === 'target-not-empty') {
      const answer = ['resume', '--partition', name, '--skip-gap'];
      await mirrorCommand(answer, link.env);
    }
    const failing = await eventually('it is paused as failing', async () => {
      if (mirror.process.exit) throw new Error(`the mirror has ended\n${mirror.log()}`);
      const state = (await partitionStates(mirror)).get(name);
      return state?.pause?.kind === 'failing' ? state : undefined;
    });
    expect(failing.detail).toContain('the target answers INVALID_TOPIC_EXCEPTION');
    await writeCommitted(clusters.sourceCluster, link.topic, [0, 1], 3);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1]);
    const { output } = await mirrorCommand(['status'], link.env);
    expect(output).toMatch(new RegExp(`${failing.partition} .*paused: failing`));
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, [0, 1])).toBe(60);
  },
  testTimeoutMs,
);

/** Brokers make the topic of offsets with the first group, and groups are spread over its partitions. */
async function commitGroups(kafka: TestKafka, cluster: Cluster, count: number): Promise<void> {
  const topic = uniqueName('read');
  await kafka.createTopic(topic, { partitions: 1 });
  await using session = await openTransactionSession(cluster, { transactionalId: uniqueName('groups') });
  for (let group = 0; group < count; group += 1) {
    const positions = [{ topic, partition: 0, offset: 0n, leaderEpoch: -1 }];
    session.offsets({ groupId: uniqueName('group'), memberId: '', memberEpoch: () => -1, positions });
  }
  await session.commit();
}

/**
 * An ACL for a topic ends the rule that everyone may do everything with it: what else is needed is allowed.
 */
async function deny(kafka: TestKafka, topic: string, denied: kafkajs.AclOperationTypes): Promise<void> {
  const { READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS } = AclOperationTypes;
  const others = [READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS].filter((operation) => operation !== denied);
  const acl = [
    { ...aclOf(topic), operation: denied, permissionType: AclPermissionTypes.DENY },
    ...others.map((operation) => ({
      ...aclOf(topic),
      operation,
      permissionType: AclPermissionTypes.ALLOW,
    })),
  ];
  await kafka.admin((admin) => admin.createAcls({ acl }));
}

async function allow(kafka: TestKafka, topic: string): Promise<void> {
  const { resourceType, resourceName, resourcePatternType } = aclOf(topic);
  const filter = { resourceType, resourceName, resourcePatternType };
  const any = { operation: AclOperationTypes.ANY, permissionType: AclPermissionTypes.ANY };
  await kafka.admin((admin) => admin.deleteAcls({ filters: [{ ...filter, ...any }] }));
}

function aclOf(resourceName: string) {
  return {
    resourceType: AclResourceTypes.TOPIC,
    resourceName,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '*',
  };
}
