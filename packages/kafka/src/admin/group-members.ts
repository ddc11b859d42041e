import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError } from '../cluster/errors.ts';
import { describeGroupRequest, type DescribedMember } from '../requests/describe-group.ts';
import { callCoordinator } from '../transaction/coordinator-call.ts';

export type { DescribedMember };

/** The members of a group and what each owns; none when there is no such group. Throws KafkaError. */
export async function groupMembers(
  cluster: Cluster,
  groupId: string,
  options: { signal?: AbortSignal } = {},
): Promise<DescribedMember[]> {
  using link = cluster.link(`describe-group:${groupId}`);
  const answer = await callCoordinator(
    cluster,
    link,
    { kind: 'group', key: groupId, role: 'describe', deadlineMs: 10_000, ...options },
    describeGroupRequest,
    ({ groups }) => errorName(groups[0]?.errorCode ?? -1),
    () => [groupId],
  );
  const [group] = answer.groups;
  const code = errorName(group?.errorCode ?? -1);
  if (code === 'GROUP_ID_NOT_FOUND') return [];
  if (group === undefined || code !== 'NONE') throw new KafkaError(code, `members of group ${groupId}`);
  return group.members;
}
