import { createFixFunction, createFixLookup, type FixFunction, type FixTarget } from './apply-fixes.ts';
import { createEventEncoder, type EventEncoder, type OwnValues } from '../avro/own-fields.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { cleanText, cleanTextId } from '../normalise/clean-text.ts';
import { checkOwnFields } from '../catalogue/check-own-fields.ts';
import { FastEncoder } from '../fast/fast-encoder.ts';
import type { AddedByFilter } from '../fast/request-bytes.ts';
import type { Event } from '../model/event.ts';
import type { Format } from '../catalogue/format.ts';
import type { JsonObject } from '../model/json.ts';
import { normalise, type Upgraded } from '../normalise/normalise.ts';
import { refuse, type Refusal } from '../model/reasons.ts';
import type {
  FastWay,
  FormatNumber,
  RawEvent,
  RequestContext,
  RequestItem,
  SplitFunction,
  SplitSteps,
} from '../model/request.ts';
import { createSplit, createSplitSteps } from '../split/split-request.ts';
import type { Upgrade } from '../catalogue/upgrade.ts';
import { composeUpgrades } from './compose-upgrades.ts';
import { ownValuesOf } from './own-values.ts';

/**
 * What became of one event of a request. `fixes` are the ids of what was applied, even when the event was
 * stopped later. Count those, and the `rule` of a stopped event.
 */
export type Outcome = CleanOutcome | StoppedOutcome;

export interface CleanOutcome {
  readonly kind: 'clean';
  /** It belongs to the caller, who fills in `net.ip` (anonymised) and `geo`, then encodes it. */
  readonly event: Event;
  /** The catalogue's own schema fields; null when it has none. */
  readonly own: OwnValues | null;
  readonly index: number;
}

export interface StoppedOutcome extends Omit<Refusal, 'kind'> {
  /** unwanted goes to events.rejected too, but without an alarm. */
  readonly kind: 'rejected' | 'unwanted';
  readonly index: number;
  readonly fixes: readonly string[];
}

export interface PipelineOptions {
  /** Ids of fixes to leave out. An unknown id fails the start. */
  readonly disabledFixes?: readonly string[];
  /** False: every event takes the general path, which gives the same. */
  readonly fast?: boolean;
}

export interface Pipeline {
  /** Lazily, in steps of bounded work and memory: for a thread that has other things to do. */
  readonly splitSteps: SplitSteps;
  /**
   * The fast way for healthy events of one request, for `splitSteps`. It gives the very bytes that `process`
   * and `encodeEvent` would, with what the filter adds to each event. Undefined when it is switched off.
   */
  readonly fastWay: (context: RequestContext, added: AddedByFilter) => FastWay | undefined;
  /** All steps at once: for tests and tools. Never throws: every body has an outcome. */
  readonly split: SplitFunction;
  /**
   * Everything between split and de-duplication, for one event. Never throws: a bug in a rule rejects the
   * event. The item is consumed, because parts of it become parts of the clean event.
   */
  readonly process: (item: RequestItem, context: RequestContext) => Outcome;
  /** One record of the catalogue's schema; see `encodeEvent`. */
  readonly encode: EventEncoder;
  /** The ids of the fixes in use, in order, as labels for counters. */
  readonly fixIds: readonly string[];
  readonly catalogue: Catalogue;
}

/** A format, and the upgrades that lead from it to the current one. */
interface FormatWay {
  readonly format: Format;
  readonly upgrades: readonly Upgrade['up'][];
}

/** Throws CatalogueError when the catalogue contradicts itself. */
export function createPipeline(catalogue: Catalogue, options: PipelineOptions = {}): Pipeline {
  checkOwnFields(catalogue.schemaFields ?? []);
  const fixes = withoutDisabled(catalogue, options.disabledFixes ?? []);
  const ways = waysOf(catalogue);
  const applyFixes = createFixFunction(fixes);
  const { schemaFields = [] } = catalogue;
  // Fields of the deployer's own are made from the whole event.
  const isFast = options.fast !== false && schemaFields.length === 0;
  const fast = isFast ? new FastEncoder(catalogue, fixes, createFixLookup(fixes)) : null;
  return {
    splitSteps: createSplitSteps(catalogue.formats, catalogue.limits),
    split: createSplit(catalogue.formats, catalogue.limits),
    fastWay: (context, added) => fast?.way(context, added),
    process: (item, context) => {
      const applied: string[] = [];
      if (item.kind === 'rejected') return stop(item, item.index, applied);
      const way = ways.get(item.format);
      const result =
        way === undefined
          ? refuse('unknown-format', `format ${item.format} is not in the catalogue`)
          : processRaw(item, context, way, { applied, applyFixes, catalogue });
      if ('reason' in result) return stop(result, item.index, applied);
      const own = ownValuesOf(result, schemaFields);
      if (own.kind === 'rejected') return stop(own, item.index, applied);
      return { kind: 'clean', event: result, own: own.values, index: item.index };
    },
    encode: createEventEncoder(schemaFields),
    fixIds: fixes.map((fix) => fix.id),
    catalogue,
  };
}

interface Step {
  readonly applied: string[];
  readonly applyFixes: FixFunction;
  readonly catalogue: Catalogue;
}

/** Fixes, reads, upgrades, normalises and validates one event. */
function processRaw(item: RawEvent, context: RequestContext, way: FormatWay, step: Step): Event | Refusal {
  const { format } = way;
  const { applied } = step;
  // A bug in a format or a rule costs one event, never the partition.
  let event: JsonObject;
  try {
    const target: FixTarget = {
      event: item.event,
      client: format.clientOf(item.event),
      type: format.typeOf(item.event),
      context: { format: item.format, receivedAtMs: context.receivedAtMs },
      applied,
    };
    const stopped = step.applyFixes(target);
    if (stopped !== null) return stopped;
    event = item.oddText ? cleanText(target.event) : target.event;
    if (event !== target.event || item.repairedText === true) applied.push(cleanTextId);
    const refusal = format.check(event);
    if (refusal !== null) return refusal;
  } catch (error) {
    return refuse('read-failed', `threw ${nameOf(error)}`);
  }
  try {
    for (const up of way.upgrades) event = up(event);
  } catch (error) {
    return refuse('upgrade-failed', `threw ${nameOf(error)}`);
  }
  try {
    const upgraded: Upgraded = {
      event,
      format: item.format,
      index: item.index,
      occurredRaw: format.timeOf(item.event),
      fixes: applied,
    };
    return normalise(upgraded, context, step.catalogue.rules);
  } catch (error) {
    return refuse('normalise-failed', `threw ${nameOf(error)}`);
  }
}

function stop(refusal: Refusal, index: number, fixes: readonly string[]): StoppedOutcome {
  const { reason, stage, detail, rule } = refusal;
  const kind = reason === 'unwanted' ? 'unwanted' : 'rejected';
  return { kind, reason, stage, detail, ...(rule === undefined ? {} : { rule }), index, fixes };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function waysOf({ formats, upgrades }: Catalogue): ReadonlyMap<FormatNumber, FormatWay> {
  const numbers = formats.map((format) => format.number);
  if (new Set(numbers).size !== numbers.length) throw new CatalogueError('two formats have the same number');
  const chains = composeUpgrades(numbers, upgrades);
  return new Map(
    formats.map((format) => [format.number, { format, upgrades: chains.get(format.number) ?? [] }]),
  );
}

function withoutDisabled({ fixes }: Catalogue, disabled: readonly string[]): Catalogue['fixes'] {
  const unknown = disabled.filter((id) => !fixes.some((fix) => fix.id === id));
  if (unknown.length > 0) throw new CatalogueError(`no fix has the id ${unknown.join(', ')}`);
  return fixes.filter((fix) => !disabled.includes(fix.id));
}
