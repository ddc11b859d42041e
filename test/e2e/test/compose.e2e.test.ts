import { randomUUID } from 'node:crypto';
import { sampleRequests } from '@penstock/events';
import { expect, onTestFinished, test } from 'vitest';
import { ComposeProject, missingForCompose } from '../src/compose-project.ts';

const missing = missingForCompose();
const skipped = missing === undefined ? '' : ` (skipped: ${missing})`;

test.skipIf(missing)(
  `compose: the samples and a posted event are in the master once, and services stop by themselves${skipped}`,
  { timeout: 600_000 },
  async () => {
    const project = await ComposeProject.create();
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') process.stderr.write(await project.compose('logs', '--tail', '40'));
      await project[Symbol.asyncDispose]();
    }, 120_000);
    await project.build();
    await project.compose('up', '--detach', '--no-build');

    expect(await project.exitCodeOf('samples')).toBe(0);
    const account = await project.compose('logs', '--no-log-prefix', 'samples');
    expect(account).toContain('VERDICT: every expected event is in the master exactly once');

    const address = (await project.compose('port', 'receiver', '8080')).trim();
    expect(await post(address)).toBe(200);
    // Java's word, and all of it: the samples' clean events and ours.
    expect(await linesOfMaster(project)).toHaveLength(cleanSamples() + 1);

    await project.compose('stop');
    const exits = (await project.containers()).map(({ Service, State, ExitCode }) => [
      Service,
      `${State} ${ExitCode}`,
    ]);
    expect(Object.fromEntries(exits)).toEqual({
      ...{ receiver: 'exited 0', 'input-filter': 'exited 0', mirror: 'exited 0', samples: 'exited 0' },
      ...{ 'topics-fra': 'exited 0', 'topics-master': 'exited 0', 'mirror-init': 'exited 0' },
      // A JVM's way to say that it ended by TERM, in an orderly way.
      ...{ 'kafka-fra': 'exited 143', 'kafka-master': 'exited 143' },
    });
  },
);

async function post(address: string): Promise<number> {
  const event = {
    event_id: randomUUID(),
    event_type: 'page_view',
    client: { name: 'curl', version: '8.0.0' },
    properties: { page: '/' },
  };
  const answer = await fetch(`http://${address}/v4/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  });
  return answer.status;
}

function cleanSamples(): number {
  const outcomes = sampleRequests({ nowMs: Date.now() }).flatMap(({ expected }) => expected);
  return outcomes.filter(({ kind }) => kind === 'clean').length;
}

/**
 * One line a record: the deserializer escapes what is no printable ASCII. Ends when nothing has come for 30
 * s.
 */
async function linesOfMaster(project: ComposeProject): Promise<string[]> {
  const output = await project.compose(
    ...['exec', '-T', 'kafka-master', '/opt/kafka/bin/kafka-console-consumer.sh'],
    ...['--bootstrap-server', 'kafka-master:9092', '--topic', 'events.clean', '--from-beginning'],
    ...['--isolation-level', 'read_committed', '--timeout-ms', '30000', '--formatter-property'],
    'value.deserializer=org.apache.kafka.common.serialization.BytesDeserializer',
  );
  return output.split('\n').filter((line) => line.startsWith(String.raw`\xC3\x01`));
}
