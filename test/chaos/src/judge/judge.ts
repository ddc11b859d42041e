import { countTopic, type Expected, expectedOfRaw, reasonsOf, untilSettled } from '@penstock/e2e';
import {
  describeVerdict,
  isClean,
  isEmpty,
  type Ledger,
  lookAtDatacenter,
  MasterVerifier,
  type Verdict,
  verifyTopic,
} from '@penstock/load';
import type { Stage } from '../stage/stage.ts';
import { countByJava, feedByJava } from './java-reader.ts';

export interface Judgement {
  kept: boolean;
  /** Why not, in words. */
  problems: string[];
  verdict: Verdict;
  /** The same for a person. */
  text: string;
  balance: Balance;
  /** Events in the master: by the Java consumer, and by our own reader. */
  master: { java: number; ours: number; judgedBy: 'the Java consumer' | 'our own reader' };
}

/** Events after the split and what became of them: as in the topics, and as the rules make it of raw. */
export interface Balance {
  events: number;
  clean: number;
  rejected: number;
  duplicates: number;
  expected: Expected;
  reasons: Record<string, number>;
}

export interface JudgeOptions {
  ledger: Ledger;
  /** Up to so many events, the Java consumer judges id by id; beyond, it only counts. Default 250 000. */
  javaEventsMax?: number;
  /** How long the master may stand still before what is missing counts as lost. Default 90 s. */
  standstillMs?: number;
  /** Says what is being done. */
  say?: (text: string) => void;
}

const datacenterTopics = { raw: 'events.raw', clean: 'events.clean', rejected: 'events.rejected' };

/** Everything is healed and nobody sends any more: waits until the master is complete, then compares. */
export async function judge(stage: Stage, options: JudgeOptions): Promise<Judgement> {
  const { ledger, javaEventsMax = 250_000, standstillMs = 90_000, say = () => undefined } = options;
  const { datacenter, master } = stage.clusters;
  const [there, here] = [await datacenter.inside(), await master.inside()];
  say('working out what the raw topic must become');
  const expected = await expectedOfRaw(there, datacenterTopics.raw);
  const arrived = await untilSettled(
    () => countTopic(here, 'events.clean'),
    expected.clean,
    standstillMs,
    say,
  );

  say('reading the datacenter');
  const sightings = await lookAtDatacenter(ledger, [...datacenter.kafka.inside], datacenterTopics);
  const verifier = new MasterVerifier(ledger, sightings);
  const isForJava = arrived <= javaEventsMax;
  say(`reading the master by ${isForJava ? "Kafka's own consumer" : 'our own reader'}`);
  if (!isForJava) await verifyTopic(verifier, [...master.kafka.inside], 'events.clean');
  const java = isForJava
    ? await feedByJava(verifier, master.kafka, 'events.clean', arrived)
    : await countByJava(master.kafka, 'events.clean');
  const verdict = verifier.verdict();

  const reasons = await reasonsOf(there, 'events.rejected');
  const balance: Balance = {
    events: expected.events,
    clean: await countTopic(there, 'events.clean'),
    rejected: Object.values(reasons).reduce((sum, count) => sum + count, 0),
    duplicates: expected.duplicates,
    expected,
    reasons,
  };
  const problems = [
    ...verdictProblems(verdict),
    ...balanceProblems(balance),
    ...countProblems({ java, ours: arrived }, expected),
  ];
  return {
    ...{ kept: problems.length === 0, problems, verdict, text: describeVerdict(verdict), balance },
    master: { java, ours: arrived, judgedBy: isForJava ? 'the Java consumer' : 'our own reader' },
  };
}

export function verdictProblems(verdict: Verdict): string[] {
  if (isClean(verdict)) return [];
  const { lost, lostIn, doubled, changed, phantom, outOfOrder, toBeRejected, rejected } = verdict;
  const hops = Object.entries(lostIn).map(([hop, count]) => `${count} did not come out of the ${hop}`);
  const unseen = rejected === undefined ? 0 : toBeRejected - rejected;
  return [
    ...(isEmpty(verdict) ? ['nothing was acknowledged, so nothing was tried'] : []),
    ...(lost > 0 ? [`${lost} acknowledged events are lost (${hops.join(', ')})`] : []),
    ...(doubled > 0 ? [`${doubled} events are doubled`] : []),
    ...(changed > 0 ? [`${changed} events have other bytes in the master than in the datacenter`] : []),
    ...(phantom > 0 ? [`${phantom} events are in the master that must not be there`] : []),
    ...(outOfOrder > 0 ? [`${outOfOrder} events come after a later one of their key`] : []),
    ...(unseen > 0 ? [`${unseen} events that were to be rejected are not in events.rejected`] : []),
  ];
}

export function balanceProblems({ clean, rejected, expected }: Balance): string[] {
  const { clean: cleanWanted, rejected: rejectedWanted } = expected;
  return [
    ...(clean === cleanWanted ? [] : [`clean has ${clean} events, and the rules make ${cleanWanted} of raw`]),
    ...(rejected === rejectedWanted
      ? []
      : [`rejected has ${rejected} records, and the rules make ${rejectedWanted} of raw`]),
  ];
}

function countProblems(found: { java: number; ours: number }, { clean }: Expected): string[] {
  return [
    ...(found.ours === clean
      ? []
      : [`the master has ${found.ours} events, and the rules make ${clean} of raw`]),
    ...(found.java === found.ours
      ? []
      : [`the Java consumer sees ${found.java} events in the master, our own reader ${found.ours}`]),
  ];
}
