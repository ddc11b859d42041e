/**
 * What `make` answers, made at most once in `ageMs`: whoever asks meanwhile is given the same, also while it
 * is being made. A failure is told to those who waited for it, and not kept.
 */
export function shared<T>(ageMs: number, make: () => Promise<T>): () => Promise<T> {
  let last: Promise<T> | undefined;
  let madeAt = -Infinity;
  return () => {
    if (last && performance.now() - madeAt < ageMs) return last;
    const making = make();
    last = making;
    madeAt = Infinity; // while it is being made, it is the newest
    making.then(
      () => (madeAt = performance.now()),
      () => (last = undefined),
    );
    return making;
  };
}
