import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { javaCommand } from './java.ts';
import { guard, unguard } from './reaper.ts';
import type { ToolName, ToolOptions, ToolOutput } from './test-kafka.ts';

const classes: Record<ToolName, string> = {
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
  'kafka-dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'kafka-delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
};

/** Runs a tool as a JVM. Rejects only when it cannot run or is too slow: the exit code is the caller's to judge. */
export function runJavaTool(
  name: ToolName,
  args: readonly string[],
  o: ToolOptions = {},
): Promise<ToolOutput> {
  const logConfig = join(import.meta.dirname, 'tool.log4j2.properties');
  const java = javaCommand(classes[name], args, { heapMb: 192, logConfig });
  const timeoutMs = o.timeoutMs ?? 60_000;
  return new Promise((resolve, reject) => {
    const child = spawn(java.program, java.args, { stdio: ['pipe', 'pipe', 'pipe'] });
    if (child.pid !== undefined) guard(child.pid);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let quiet: NodeJS.Timeout | undefined;
    let enough = false;
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      if (o.quietMs === undefined) return;
      clearTimeout(quiet);
      quiet = setTimeout(() => {
        enough = true;
        child.kill('SIGTERM');
      }, o.quietMs);
    });
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(o.input ?? '');
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      clearTimeout(quiet);
      if (child.pid !== undefined) unguard(child.pid);
      const errors = Buffer.concat(stderr).toString();
      if (late) reject(new Error(`${name} was killed after ${timeoutMs} ms\n${errors}`));
      else resolve({ stdout: Buffer.concat(stdout), stderr: errors, exitCode: enough ? 0 : (code ?? -1) });
    });
  });
}
