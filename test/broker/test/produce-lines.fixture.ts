import type { TestKafka } from '../src/index.ts';

/** Every in-sync replica has them when this settles; kafka-console-producer waits for its acks at the end. */
export async function produceLines(kafka: TestKafka, topic: string, lines: readonly string[]): Promise<void> {
  const args = ['--topic', topic, '--command-property', 'acks=all'];
  const output = await kafka.tool('kafka-console-producer', args, {
    input: lines.map((line) => `${line}\n`).join(''),
  });
  if (output.exitCode !== 0 || output.stderr.includes('ERROR')) throw new Error(output.stderr);
}
