import type { Cluster } from '../cluster/cluster.ts';
import { callCoordinator } from '../cluster/coordinator-call.ts';
import { errorName, KafkaError } from '../errors/errors.ts';
import { describeGroupRequest, type DescribedMember } from '../requests/describe-group.ts';

export type { DescribedMember };

/** The members of a group and what each owns; none when there is no such group. Throws KafkaError. */
export async function groupMembers(
  cluster: Cluster,
  groupId: string,
  options: { signal?: AbortSignal } = {},
): Promise<DescribedMember[]> {
  using connections = cluster.connectionsFor(`describe-group:${groupId}`);
  const answer = await callCoordinator(
    cluster,
    connections,
    { kind: 'group', key: groupId, role: 'describe', timeoutMs: 10_000, ...options },
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
