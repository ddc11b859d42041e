import { describePosted } from '../pipeline/describe-demo.ts';
import { writeClusterFile } from '../pipeline/demo-folder.ts';
import { figures } from './figures.ts';
import { measureLatencies } from '../samples/latency.ts';
import { postSamples } from '../samples/post-samples.ts';
import { sampleAccount } from './sample-account.ts';
import { tell, withProgress } from '../say.ts';
import type { Pipeline } from '../pipeline/start-pipeline.ts';
import { quietMs, reachVerdict, untilArrived } from '../verdict/verdict.ts';

/** Posts the samples, tells what became of them, and answers whether all is as it must be. */
export async function showSamples(pipeline: Pipeline): Promise<boolean> {
  const { services, watch, halt, file, folder } = pipeline;
  const posted = await withProgress('posting sample requests of all four formats', () =>
    postSamples(services.receiverUrl, halt),
  );
  file.posted = describePosted(posted);
  await writeClusterFile(folder.clusterFile, file);
  await withProgress('waiting until they are in the master', () => untilArrived(posted, watch, halt));
  const verdict = await withProgress(
    `watching for doubles (${quietMs / 1000} s), then reading all again`,
    () => reachVerdict(posted, watch, services.filter.operations, halt),
  );
  const { problems, balance, whole } = verdict;
  const answeredMs = posted.map((one) => one.answeredMs);
  tell(`\n${sampleAccount(posted, whole.arrived, whole.rejected)}\n`);
  tell(`${figures(measureLatencies(answeredMs, watch.clean, watch.arrived), balance)}\n`);
  const ok = problems.length === 0;
  if (ok) tell('VERDICT: every expected event is in the master exactly once, and the balance holds\n');
  else tell(`VERDICT: not as it must be\n${problems.map((problem) => `  ${problem}`).join('\n')}\n`);
  file.verdict = { ok, problems, balance };
  await writeClusterFile(folder.clusterFile, file);
  return ok;
}
