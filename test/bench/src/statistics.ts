/** What several runs say of one figure. */
export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const [min] = sorted;
  if (min === undefined) throw new RangeError('a spread of no values');
  return { median: percentileOf(sorted, 50), min, max: sorted.at(-1) ?? min };
}

/**
 * Of values in ascending order: between the two nearest where it falls between them. `percent` is 0 to 100.
 */
export function percentileOf(sorted: readonly number[] | Float64Array, percent: number): number {
  const place = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) throw new RangeError('a percentile of no values');
  return below + (above - below) * (place - Math.floor(place));
}

/** How many times as much as another: of the medians, since both were measured turn by turn. */
export function ratioOf(one: Spread, other: Spread): number | null {
  return other.median > 0 ? one.median / other.median : null;
}

/** What a whole process cost for a given amount of work. */
export interface Cost {
  work: number;
  cost: number;
}

/**
 * What one unit of work costs, by two processes that did a small and a large amount of it: start,
 * connecting, leaving and most of the warming up are in both, so that they are not in the difference.
 */
export function costPerUnit(small: Cost, large: Cost): number {
  if (large.work <= small.work) throw new RangeError('the large amount of work is not larger');
  return (large.cost - small.cost) / (large.work - small.work);
}
