import type { ToolName, ToolOptions, ToolOutput } from './test-kafka.ts';

export function runContainerTool(
  name: ToolName,
  _args: readonly string[],
  _o?: ToolOptions,
): Promise<ToolOutput> {
  return Promise.reject(new Error(`${name} needs Java`));
}
