import type { Cluster } from '../cluster/cluster.ts';
import { judge, KafkaError, meansRefresh } from '../cluster/errors.ts';
import type { Role } from '../cluster/error-table.ts';
import type { ErrorCode } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import { retrying } from '../cluster/retrying.ts';
import type { Api } from '../requests/define.ts';

export interface CoordinatorCallOptions {
  kind: 'group' | 'transaction';
  key: string;
  /** Who asks: the table of errors says what an answer means to it. */
  role: Role;
  /** Told of every answer, those that are not final included. */
  onAnswer?: (code: ErrorCode) => void;
  deadlineMs?: number;
  signal?: AbortSignal;
}

/**
 * Asks the coordinator of a group or transactional id, looked up again when it moved or is gone, until it gives an
 * answer that is not retryable. The same request may therefore be processed twice: only for requests that allow it.
 */
export function callCoordinator<A extends readonly unknown[], R>(
  cluster: Cluster,
  link: Link,
  options: CoordinatorCallOptions,
  api: Api<A, R>,
  codeOf: (answer: R) => ErrorCode,
  args: () => A,
): Promise<R> {
  const { kind, key, role } = options;
  let refresh = false;
  return retrying(
    `request ${api.key} to the coordinator of ${kind} ${key}`,
    async () => {
      const nodeId = await cluster.coordinator(kind, key, { ...options, refresh });
      refresh = false;
      const answer = await link.call(nodeId, api, ...args());
      const code = codeOf(answer);
      options.onAnswer?.(code);
      const verdict = judge(role, code);
      if (verdict === 'retry' || verdict === 'refresh')
        throw new KafkaError(code, `request ${api.key}, ${kind} ${key}`, { retryable: true });
      return answer;
    },
    {
      ...options,
      onError: (error) => {
        refresh = meansRefresh(error.code);
      },
    },
  );
}
