export interface SearchOptions {
  /** Events a second; where to begin. */
  first: number;
  /** Never more than this. */
  most: number;
  /** Ends when the highest rate that was borne and the lowest that was not are so close, as a share: 0.1. */
  within: number;
}

/**
 * The highest rate that `bears` says yes to, 0 when there is none: doubles until one is too much (or halves
 * until one is not), then bisects. Each rate is tried once.
 */
export async function searchCapacity(
  { first, most, within }: SearchOptions,
  bears: (eventsPerSecond: number) => Promise<boolean>,
): Promise<number> {
  let borne = 0;
  let tooMuch = Infinity;
  for (let rate = Math.min(first, most); rate >= 1;) {
    if (await bears(rate)) borne = rate;
    else tooMuch = rate;
    if (borne === most || tooMuch - borne <= Math.max(1, borne * within)) break;
    rate = nextRate(borne, tooMuch, most);
  }
  return borne;
}

function nextRate(borne: number, tooMuch: number, most: number): number {
  if (tooMuch === Infinity) return Math.min(most, borne * 2);
  return Math.floor((borne + tooMuch) / 2);
}
