import { openCluster } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import type { MovedGroup } from '../src/commands/move-group.ts';
import { mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, writeCommitted } from './source-writer.ts';
import {
  commitPositions,
  createLink,
  deleteBelow,
  deleteTopic,
  eventually,
  testTimeoutMs,
  useTwoClusters,
} from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'a group is not moved in part: every partition that cannot be set is named, and nothing is written',
  async () => {
    const gone = uniqueName('gone');
    await clusters.source.createTopic(gone, { partitions: 2 });
    const link = await createLink(clusters, { partitions: 1, width: 2, further: gone });
    const mirror = startMirrorProcess(link.env);
    // The pairs of a commit are written with the next one.
    for (let round = 0; round < 2; round += 1) {
      await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
      await writeCommitted(clusters.sourceCluster, gone, [0, 1], 1);
      await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0], 'read_uncommitted');
      await copiedUpToNow(mirror, clusters.sourceCluster, gone, [0, 1], 'read_uncommitted');
    }
    expect(await mirror.stop()).toBe(0);
    const group = uniqueName('group');
    await commitPositions(clusters.sourceCluster, group, [
      { topic: link.topic, partition: 0, offset: 5n },
      { topic: gone, partition: 0, offset: 5n },
      { topic: gone, partition: 1, offset: 5n },
    ]);
    /** What is wrong, by partition; and nothing of it is written, although some could be. */
    const whys = async () => {
      const applied = await mirrorCommand(['offsets', '--group', group, '--apply'], link.env);
      expect(applied).toMatchObject({ exitCode: 1, output: '' });
      const shown = await mirrorCommand(['offsets', '--group', group, '--json'], link.env);
      const { positions } = JSON.parse(shown.output) as MovedGroup;
      for (const { from, why, there } of positions) {
        expect(there).toBeNull();
        expect(applied.problems.includes(`${from}: ${why}`)).toBe(why !== null);
      }
      return Object.fromEntries(positions.map(({ from, why }) => [from, why]));
    };
    const [kept, first, second] = [`${link.topic}-0`, `${gone}-0`, `${gone}-1`];

    await deleteTopic(clusters.target, gone);
    const missing = `the target has no topic ${gone}`;
    expect(await whys()).toEqual({ [kept]: null, [first]: missing, [second]: missing });
    const audited = await mirrorCommand(['audit'], link.env);
    expect(audited).toMatchObject({ exitCode: 2, output: expect.stringContaining(missing) });
    expect(audited.output).toMatch(new RegExp(`^${kept} .* equal$`, 'm'));
    expect(audited.output).toMatch(new RegExp(`^${first} +[?] `, 'm'));
    await remake(gone, 1);
    const another = `${gone} was deleted and made again on the target`;
    const fewer = `the target has no partition ${second}`;
    expect(await whys()).toEqual({ [kept]: null, [first]: another, [second]: fewer });

    // Retention was faster there: what the group would read next is gone.
    await deleteBelow(clusters.target, link.topic, 0, 8n);
    // And the source has partitions more, of which the mirror knows nothing yet.
    await clusters.source.admin((admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: link.topic, count: 3 }] }),
    );
    await commitPositions(clusters.sourceCluster, group, [
      { topic: link.topic, partition: 1, offset: 0n },
      { topic: link.topic, partition: 2, offset: 0n },
    ]);
    expect(await whys()).toEqual({
      [kept]: 'there it is offset 5, and the log begins at 8 now',
      [`${link.topic}-1`]: 'the mirror has not begun to copy it',
      [`${link.topic}-2`]: 'the link has no target partition for it: run mirror init',
      [first]: another,
      [second]: fewer,
    });

    // Nor on the way back, where a group has its first positions at the beginning of everything.
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    const returning = uniqueName('group');
    await commitPositions(target, returning, [
      { topic: link.topic, partition: 0, offset: 11n },
      { topic: link.topic, partition: 1, offset: 0n },
    ]);
    const back = ['offsets', '--group', returning, '--back'];
    const shown = await mirrorCommand([...back, '--json'], link.env);
    const { positions } = JSON.parse(shown.output) as MovedGroup;
    expect(positions.map(({ from, to, translated, why }) => [from, to, translated, why])).toEqual([
      [kept, kept, '11', null],
      [`${link.topic}-1`, `${link.topic}-1`, null, 'the mirror has not begun to copy it'],
    ]);
    expect(await mirrorCommand([...back, '--apply'], link.env)).toMatchObject({ exitCode: 1, output: '' });
  },
  testTimeoutMs,
);

function remake(topic: string, partitions: number): Promise<true> {
  return eventually(`${topic} is made again`, () =>
    clusters.target.createTopic(topic, { partitions }).then(
      () => true as const,
      () => undefined,
    ),
  );
}
