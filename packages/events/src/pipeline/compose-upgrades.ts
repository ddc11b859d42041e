import { CatalogueError } from '../catalogue/catalogue-error.ts';
import { currentFormat, type Upgrade } from '../catalogue/upgrade.ts';
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
    if (upgrade.to !== upgrade.from + 1) {
      throw new CatalogueError(
        `an upgrade leads from format ${upgrade.from} to ${upgrade.to}, not to the next one`,
      );
    }
    if (next.has(upgrade.from)) throw new CatalogueError(`two upgrades lead from format ${upgrade.from}`);
    next.set(upgrade.from, upgrade);
  }
  return new Map(formats.map((format) => [format, chainFrom(format, next)]));
}

function chainFrom(format: FormatNumber, next: ReadonlyMap<FormatNumber, Upgrade>): Upgrade['up'][] {
  const chain: Upgrade['up'][] = [];
  for (let at = format; at !== currentFormat;) {
    const upgrade = next.get(at);
    if (upgrade === undefined) throw new CatalogueError(`no upgrade leads from format ${at} to ${at + 1}`);
    chain.push(upgrade.up);
    at = upgrade.to;
  }
  return chain;
}
