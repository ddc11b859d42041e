import { createTopic, withAdmin } from './admin.ts';
import { consoleConsume } from './tool/console-consumer.ts';
import { canRunJvm } from './jvm/java.ts';
import type { SecuredListeners } from './jvm/secured-listeners.ts';
import type { TestBroker, TestKafka, ToolContainers } from './test-kafka.ts';
import type { ToolName, ToolOptions, ToolOutput } from './tool/tool.ts';
import { runJavaTool } from './jvm/java-tool.ts';

/** What a test does with a cluster, however its processes run. */
export function connectedKafka(o: {
  bootstrap: string[];
  inside?: string[];
  brokers: readonly TestBroker[];
  /** Given when the cluster runs in containers. */
  containers?: ToolContainers | undefined;
  secured?: SecuredListeners | undefined;
  dispose(): Promise<void>;
  logs?(lines?: number): string;
}): TestKafka {
  const { bootstrap, brokers, containers, secured } = o;
  const tool = async (
    name: ToolName,
    args: readonly string[],
    options?: ToolOptions,
  ): Promise<ToolOutput> => {
    if (!containers || canRunJvm()) {
      return runJavaTool(name, withBootstrap(name, options?.bootstrap ?? bootstrap, args), options);
    }
    const { runContainerTool } = await import('./container/container-tools.ts');
    return runContainerTool(containers, name, withBootstrap(name, containers.bootstrap, args), options);
  };
  return {
    bootstrap,
    inside: o.inside ?? bootstrap,
    brokers,
    containers,
    secured,
    createTopic: (name, options) => createTopic(bootstrap, name, options),
    admin: (act) => withAdmin(bootstrap, act),
    consoleConsume: (topic, options = {}) =>
      consoleConsume((args, limits) => tool('kafka-console-consumer', args, limits), topic, options),
    tool,
    logs: o.logs ?? ((lines) => brokers.map((broker) => broker.logTail(lines)).join('\n')),
    [Symbol.asyncDispose]: o.dispose,
  };
}

function withBootstrap(
  name: ToolName,
  bootstrap: readonly string[],
  args: readonly string[],
): readonly string[] {
  // It reads files.
  if (name === 'kafka-dump-log') return args;
  return ['--bootstrap-server', bootstrap.join(','), ...args];
}
