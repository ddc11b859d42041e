import { join } from 'node:path';
import { runToEnd } from '@penstock/test-process';
import { javaCommand } from './java.ts';
import type { ToolName, ToolOptions, ToolOutput } from '../tool/tool.ts';

/** The main class of each tool, as bin/kafka-*.sh of Kafka 4.2.1 name them. */
export const toolClasses: Record<ToolName, string> = {
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-dump-log': 'kafka.tools.DumpLogSegments',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
};

/**
 * Runs a tool as a JVM. Rejects only when it cannot run or is too slow: the exit code is the caller's to
 * judge.
 */
export async function runJavaTool(
  name: ToolName,
  args: readonly string[],
  o: ToolOptions = {},
): Promise<ToolOutput> {
  const logConfig = join(import.meta.dirname, 'tool.log4j2.properties');
  const java = javaCommand(toolClasses[name], args, { heapMb: 192, logConfig });
  const { quietMs } = o;
  const stdout: Buffer[] = [];
  let quiet: NodeJS.Timeout | undefined;
  try {
    const { exitCode, stderr } = await runToEnd([java.program, ...java.args], {
      name,
      ...(o.timeoutMs !== undefined && { timeoutMs: o.timeoutMs }),
      ...(o.input !== undefined && { input: o.input }),
      onOutput: (chunk, enough) => {
        stdout.push(chunk); // as it came: not all of it is text
        clearTimeout(quiet);
        if (quietMs !== undefined) quiet = setTimeout(enough, quietMs);
      },
    });
    return { stdout: Buffer.concat(stdout), stderr, exitCode };
  } finally {
    clearTimeout(quiet);
  }
}
