import { transactionalOf } from '../plan/fault-kinds.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { Stage } from '../stage/stage.ts';
import { strikeBrokers } from './strike-brokers.ts';
import { strikeGeoip } from './strike-geoip.ts';
import { strikeNetwork } from './strike-network.ts';
import { loseAnswers } from './lose-answers.ts';
import { strikeService } from './strike-service.ts';
import type { Lasting } from './lasting.ts';

/**
 * Carries out one fault and ends it again, also when `lasting` is cut short. Settles when what it hurt is
 * well again, with what there is to say about it. Rejects when it does not get well.
 */
export async function strike(fault: PlannedFault, stage: Stage, lasting: Lasting): Promise<string> {
  const { kind, target } = fault;
  if (kind.on === 'files') return strikeGeoip(stage, fault, lasting);
  if (kind.on === 'service' && target.on === 'service') {
    return strikeService(kind, target.instance, stage.crews[kind.service], fault, lasting);
  }
  if (target.on !== 'cluster') throw new Error(`${kind.name} has no target`);
  const cluster = stage.clusters[target.cluster];
  if (kind.on === 'cluster' && kind.group === 'answers') {
    const restarted = kind.needsRestart ? stage.crews[transactionalOf[target.cluster]] : undefined;
    return loseAnswers(kind.name, cluster, restarted, fault, lasting);
  }
  if (kind.group === 'network') return strikeNetwork(kind.name, cluster, target.broker, fault, lasting);
  return strikeBrokers(kind.name, cluster, target.broker, stage.smallDisk, fault, lasting);
}
