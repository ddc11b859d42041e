import { getContainerRuntimeClient } from 'testcontainers';
import type { ToolContainers } from '../test-kafka.ts';
import type { ToolName, ToolOptions, ToolOutput } from '../tool/tool.ts';

/**
 * Runs a tool of the image in one of the containers. `input` travels as an argument: 90 KB at most. The
 * arguments name the brokers as the containers know them.
 */
export async function runContainerTool(
  { ids }: ToolContainers,
  name: ToolName,
  args: readonly string[],
  o: ToolOptions = {},
): Promise<ToolOutput> {
  const { container: containers } = await getContainerRuntimeClient();
  const states = await Promise.all(
    ids.map(async (id) => ({ id, state: (await containers.getById(id).inspect()).State })),
  );
  const running = states.find(({ state }) => state.Running && !state.Paused);
  if (!running) throw new Error(`no container runs that could run ${name}`);
  const timeoutMs = o.timeoutMs ?? 60_000;
  const tool = [
    'timeout',
    '-s',
    'KILL',
    String(Math.ceil(timeoutMs / 1_000)),
    `/opt/kafka/bin/${name}.sh`,
    ...args,
  ];
  const input = Buffer.from(o.input ?? '').toString('base64');
  const command = ['bash', '-c', 'base64 -d <<<"$1" | "${@:2}"', 'tool', input, ...tool];
  const { stdout, stderr, exitCode } = await containers.exec(containers.getById(running.id), command);
  // 137: killed by timeout.
  if (exitCode === 137) throw new Error(`${name} was killed after ${timeoutMs} ms\n${stderr}`);
  return { stdout: Buffer.from(stdout), stderr, exitCode };
}
