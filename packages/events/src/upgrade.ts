import type { FormatNumber } from './request.ts';
import type { JsonObject } from './json.ts';
import { CatalogueError } from './catalogue.ts';

/** From one format to the next: pure, and total over what the strict reader of `from` lets through. */
export interface Upgrade {
  readonly from: FormatNumber;
  readonly to: FormatNumber;
  readonly up: (event: JsonObject) => JsonObject;
}

export const currentFormat: FormatNumber = 4;

/** For each format number the functions that lead to the current one, in order. Throws CatalogueError on a missing link. */
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
