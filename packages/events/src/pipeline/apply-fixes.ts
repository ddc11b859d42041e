import semver from 'semver';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Fix, FixContext } from '../catalogue/fix.ts';
import type { ClientName } from '../catalogue/format.ts';
import type { JsonObject } from '../model/json.ts';
import type { FormatNumber } from '../model/request.ts';
import { refuse, type Refusal } from '../model/reasons.ts';

/**
 * How many versions are remembered with their fixes. Clients are few, but a version is whatever a client
 * writes.
 */
const versionsMax = 4_096;
/** Anything longer is not a version, and must not fill the memory. */
const versionLengthMax = 64;

const none: readonly Fix[] = [];

/** One event on its way through the fixes. */
export interface FixTarget {
  /** Replaced by each fix that applies. */
  event: JsonObject;
  readonly client: ClientName;
  readonly type: string | null;
  readonly context: FixContext;
  /** The id of each applied fix is added. */
  readonly applied: string[];
}

/** Returns why the event is stopped, or null. Then `target.event` is the event after its fixes. */
export type FixFunction = (target: FixTarget) => Refusal | null;

/** Throws CatalogueError for an id used twice, and for a version range that semver cannot read. */
export function createFixFunction(fixes: readonly Fix[]): FixFunction {
  checkFixes(fixes);
  const fixesFor = createFixLookup(fixes);
  return (target) => {
    for (const fix of fixesFor(target.client, target.context.format)) {
      if (fix.types !== null && (target.type === null || !fix.types.includes(target.type))) continue;
      try {
        if (!fix.detect(target.event, target.context)) continue;
        if (fix.outcome === 'unwanted' || fix.outcome === 'quarantined') return stopped(fix);
        target.event = fix.apply(target.event, target.context);
      } catch (error) {
        const kind = error instanceof Error ? error.name : typeof error;
        return { ...refuse('fix-failed', `${fix.id} threw ${kind}`), rule: fix.id };
      }
      target.applied.push(fix.id);
    }
    return null;
  };
}

function stopped(fix: Fix): Refusal {
  const reason = fix.outcome === 'unwanted' ? 'unwanted' : 'quarantined';
  return { ...refuse(reason, `${fix.id}: ${fix.issue}`), rule: fix.id };
}

/** The fixes for a client of this name and version. A version seen before costs one look into a map. */
export function createFixLookup(
  fixes: readonly Fix[],
): (client: ClientName, format: FormatNumber) => readonly Fix[] {
  const names = new Set(fixes.flatMap((fix) => fix.clients.map((client) => client.name)));
  const known = new Map<string, readonly Fix[]>();
  return (client, format) => {
    const { name } = client;
    if (name === null || !names.has(name)) return none;
    const version =
      client.version !== null && client.version.length <= versionLengthMax ? client.version : null;
    const key = `${format} ${name} ${version ?? ''}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const matching = fixes.filter((fix) => fix.formats.includes(format) && isFor(fix, name, version));
    if (known.size >= versionsMax) known.clear();
    known.set(key, matching);
    return matching;
  };
}

/** "1.7" is read as 1.7.0 and "v2" as 2.0.0. What cannot be read as a version is in no range but '*'. */
function isFor(fix: Fix, name: string, version: string | null): boolean {
  const read = version === null ? null : (semver.parse(version) ?? semver.coerce(version));
  return fix.clients.some(
    (client) =>
      client.name === name &&
      (client.versions === '*' ||
        (read !== null && semver.satisfies(read, client.versions, { includePrerelease: true }))),
  );
}

function checkFixes(fixes: readonly Fix[]): void {
  const ids = new Set<string>();
  for (const { id, clients } of fixes) {
    if (ids.has(id)) throw new CatalogueError(`two fixes have the id ${id}`);
    ids.add(id);
    for (const { versions } of clients) {
      if (semver.validRange(versions) === null) {
        throw new CatalogueError(`fix ${id}: ${JSON.stringify(versions)} is no range of versions`);
      }
    }
  }
}
