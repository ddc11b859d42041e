import { createTopic, withAdmin } from './admin.ts';
import { consoleConsume } from './console-consumer.ts';
import type { TestBroker, TestKafka, ToolName, ToolOptions, ToolOutput } from './test-kafka.ts';
import { withBootstrap } from './tools.ts';

/** What a test does with a cluster, however its processes run. */
export function connectedKafka(o: {
  bootstrap: string[];
  brokers: readonly TestBroker[];
  runTool(name: ToolName, args: readonly string[], o?: ToolOptions): Promise<ToolOutput>;
  dispose(): Promise<void>;
  logs?(lines?: number): string;
}): TestKafka {
  const { bootstrap, brokers } = o;
  const tool = (name: ToolName, args: readonly string[], options?: ToolOptions) =>
    o.runTool(name, withBootstrap(name, bootstrap, args), options);
  return {
    bootstrap,
    brokers,
    createTopic: (name, options) => createTopic(bootstrap, name, options),
    admin: (act) => withAdmin(bootstrap, act),
    consoleConsume: (topic, options = {}) =>
      consoleConsume((args, limits) => tool('kafka-console-consumer', args, limits), topic, options),
    tool,
    logs: o.logs ?? ((lines) => brokers.map((broker) => broker.logTail(lines)).join('\n')),
    [Symbol.asyncDispose]: o.dispose,
  };
}
