import { parseArgs } from 'node:util';
import { openCluster } from '@penstock/kafka';
import { judge, type Arrived } from '../demo/src/samples/judge.ts';
import { pause } from '../demo/src/pause.ts';
import { postSamples, type PostedSample } from '../demo/src/samples/post-samples.ts';
import { readAgain } from '../demo/src/verdict/read-again.ts';
import { sampleAccount } from '../demo/src/show/sample-account.ts';

const help = `Posts sample requests of every format to a Receiver, waits for them in the master,
and says what became of them.
Exit code 0 only when every expected event is there exactly once.

  --receiver URL         http://receiver:8080
  --datacenter ADDRESS   a broker of the datacenter: kafka-fra:9092
  --master ADDRESS       a broker of the master: kafka-master:9092
`;

const options = {
  receiver: { type: 'string' },
  datacenter: { type: 'string' },
  master: { type: 'string' },
} as const;

const timeoutMs = 120_000;
const lookAgainMs = 500;
/** Several transactions of each hop: a double would have come by then. */
const quietMs = 2_000;

const { receiver, datacenter, master } = parseArgs({ options }).values;
if (receiver === undefined || datacenter === undefined || master === undefined) {
  process.stderr.write(help);
  process.exitCode = 2;
} else {
  process.exitCode = await showSamples({ receiver, datacenter, master });
}

async function showSamples(o: { receiver: string; datacenter: string; master: string }): Promise<0 | 1> {
  await using source = await openCluster({ bootstrap: [o.datacenter], clientId: 'penstock-samples' });
  await using target = await openCluster({ bootstrap: [o.master], clientId: 'penstock-samples' });
  const halt = AbortSignal.timeout(timeoutMs);
  // Other ids at each run: those of the last one are still remembered, so they would be duplicates.
  const posted = await postSamples(o.receiver, halt, Date.now() % 2 ** 31);
  const look = async (): Promise<Arrived> => ofThese(posted, await readAgain(source, target, halt));
  while (judge(posted, await look()).missing.length > 0) await pause(lookAgainMs, halt);
  await pause(quietMs, halt);
  const found = await look();
  const { missing, wrong } = judge(posted, found);
  const problems = [...missing, ...wrong];
  process.stdout.write(`\n${sampleAccount(posted, found.arrived, found.rejected)}\n\n`);
  if (problems.length > 0) process.stdout.write(`VERDICT: not as it must be\n  ${problems.join('\n  ')}\n`);
  else process.stdout.write('VERDICT: every expected event is in the master exactly once\n');
  return problems.length > 0 ? 1 : 0;
}

/** Leaves out what others have posted, and earlier runs. */
function ofThese(posted: readonly PostedSample[], { arrived, rejected }: Arrived): Arrived {
  const requests = new Set(posted.map(({ requestId }) => requestId));
  const events = new Set(
    posted.flatMap(({ sample }) =>
      sample.expected.map((outcome) => (outcome.kind === 'clean' ? outcome.eventId : null)),
    ),
  );
  return {
    arrived: arrived.filter(
      ({ eventId, event }) => events.has(eventId) || requests.has(event.origin.request_id),
    ),
    rejected: rejected.filter(({ requestId }) => requests.has(requestId)),
  };
}
