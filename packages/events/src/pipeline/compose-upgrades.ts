import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { currentFormat, type Upgrade } from '../catalogue/upgrade.ts';
import { ownFormats } from '../model/raw-headers.ts';
import type { FormatNumber } from '../model/request.ts';

/**
 * For each format number, the functions that lead to the current format, in order. Throws CatalogueError
 * when one is missing.
 */
export function composeUpgrades(
  formats: readonly FormatNumber[],
  upgrades: readonly Upgrade[],
): ReadonlyMap<FormatNumber, readonly Upgrade['up'][]> {
  const next = new Map<FormatNumber, Upgrade>();
  for (const upgrade of upgrades) {
    const problem = stepProblem(upgrade);
    if (problem !== null) throw new CatalogueError(problem);
    if (next.has(upgrade.from)) throw new CatalogueError(`two upgrades lead from format ${upgrade.from}`);
    next.set(upgrade.from, upgrade);
  }
  return new Map(formats.map((format) => [format, chainFrom(format, next)]));
}

/** Why the upgrade may not lead where it leads; null when it may. Each leads closer to the current format. */
export function stepProblem({ from, to }: Upgrade): string | null {
  if (from >= ownFormats.first) {
    return to >= 1 && to <= currentFormat
      ? null
      : `the upgrade of format ${from} leads to ${to}, not to one of the formats 1 to ${currentFormat}`;
  }
  return to === from + 1 ? null : `an upgrade leads from format ${from} to ${to}, not to the next one`;
}

function chainFrom(format: FormatNumber, next: ReadonlyMap<FormatNumber, Upgrade>): Upgrade['up'][] {
  const chain: Upgrade['up'][] = [];
  for (let at = format; at !== currentFormat;) {
    const upgrade = next.get(at);
    if (upgrade === undefined) {
      const to = at >= ownFormats.first ? `a format from 1 to ${currentFormat}` : `${at + 1}`;
      throw new CatalogueError(`no upgrade leads from format ${at} to ${to}`);
    }
    chain.push(upgrade.up);
    at = upgrade.to;
  }
  return chain;
}
