import type { Cluster } from './cluster.ts';
import { decide, KafkaError, meansRefresh } from '../errors/errors.ts';
import type { Decision, Role } from '../errors/error-table.ts';
import type { ErrorCode } from '../errors/errors.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { retrying } from '../errors/retrying.ts';
import type { Api } from '../requests/define.ts';

export interface CoordinatorCallOptions {
  kind: 'group' | 'transaction';
  key: string;
  /** Who asks. It decides what an error means: see the table of errors. */
  role: Role;
  /** Called with the code of every answer, also of those that are tried again. */
  onAnswer?: (code: ErrorCode) => void;
  timeoutMs?: number;
  signal?: AbortSignal;
}

/**
 * Asks the coordinator of a group or a transactional id until it gives an answer that is not retryable; finds
 * the new coordinator when it has moved or is gone. The coordinator may therefore process the same request
 * twice: use this only for requests that allow it.
 */
export function callCoordinator<A extends readonly unknown[], R>(
  cluster: Cluster,
  connections: BrokerConnections,
  options: CoordinatorCallOptions,
  api: Api<A, R>,
  codeOf: (answer: R) => ErrorCode,
  args: () => A,
): Promise<R> {
  const { kind, key, role } = options;
  let refresh = false;
  let decision: Decision | undefined;
  return retrying(
    `request ${api.key} to the coordinator of ${kind} ${key}`,
    async () => {
      const nodeId = await cluster.coordinator(kind, key, { ...options, refresh });
      refresh = false;
      decision = undefined;
      const answer = await connections.call(nodeId, api, ...args());
      const code = codeOf(answer);
      options.onAnswer?.(code);
      decision = decide(role, code);
      if (decision === 'retry' || decision === 'refresh')
        throw new KafkaError(code, `request ${api.key}, ${kind} ${key}`, { retryable: true });
      return answer;
    },
    {
      ...options,
      onError: (error) => {
        refresh = decision === undefined ? meansRefresh(error.code) : decision === 'refresh';
      },
    },
  );
}
