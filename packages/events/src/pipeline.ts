import type { Catalogue } from './catalogue.ts';
import type { Event } from './event.ts';
import type { Refusal } from './reasons.ts';
import type { RequestContext, RequestItem, SplitFunction } from './request.ts';

/**
 * What became of one event of a request. `fixes` are the ids of what was applied, also when the event was stopped later:
 * count those, and `rule` of a stopped one.
 */
export type Outcome = CleanOutcome | StoppedOutcome;

export interface CleanOutcome {
  readonly kind: 'clean';
  /** Yours: fill in `net.ip` (anonymised) and `geo`, then encode. */
  readonly event: Event;
  readonly index: number;
}

export interface StoppedOutcome extends Omit<Refusal, 'kind'> {
  /** unwanted goes to events.rejected like rejected, but nobody is alarmed. */
  readonly kind: 'rejected' | 'unwanted';
  readonly index: number;
  readonly fixes: readonly string[];
}

export interface PipelineOptions {
  /** Ids of fixes that are left out. An unknown id fails the start. */
  readonly disabledFixes?: readonly string[];
}

export interface Pipeline {
  /** Never throws: every body has an outcome. The items hold no view of the body. */
  readonly split: SplitFunction;
  /** Everything between split and de-duplication for one event. Never throws: bugs of rules reject the event. */
  readonly process: (item: RequestItem, context: RequestContext) => Outcome;
  /** The fixes in use, in order: labels for counters. */
  readonly fixIds: readonly string[];
  readonly catalogue: Catalogue;
}

/** Throws CatalogueError when the catalogue contradicts itself. */
export function createPipeline(catalogue: Catalogue, options: PipelineOptions = {}): Pipeline {
  throw new Error(`not written yet ${catalogue.fixes.length} ${options.disabledFixes}`);
}
