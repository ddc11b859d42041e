/**
 * Asks one candidate after the other until one answers. The next one is asked as soon as one fails, or has
 * been silent for `patienceMs`; the answer of a silent one still counts. So a broker that hangs costs that
 * long, not a whole request timeout.
 *
 * Rejects with the last failure when all have failed. Rejects at once when `isFinal` says that no other
 * candidate would do better, or when there is no candidate.
 */
export function firstAnswer<C, R>(
  candidates: readonly C[],
  patienceMs: number,
  ask: (candidate: C) => Promise<R>,
  o: { isFinal: (error: unknown) => boolean; onSilent: (candidate: C) => void },
): Promise<R> {
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  let asked = 0;
  let unanswered = 0;
  let timer: NodeJS.Timeout | undefined;
  const over = (settle: () => void): void => {
    asked = candidates.length;
    clearTimeout(timer);
    settle();
  };
  const askNext = (): void => {
    clearTimeout(timer);
    if (asked >= candidates.length) return;
    const candidate = candidates[asked++]!;
    unanswered++;
    if (asked < candidates.length) {
      timer = setTimeout(() => {
        o.onSilent(candidate);
        askNext();
      }, patienceMs);
    }
    ask(candidate).then(
      (answer) => over(() => resolve(answer)),
      (error: unknown) => {
        unanswered--;
        if (o.isFinal(error)) over(() => reject(error));
        else if (asked < candidates.length) askNext();
        else if (unanswered === 0) reject(error);
      },
    );
  };
  if (candidates.length === 0) reject(new RangeError('there is no candidate to ask'));
  askNext();
  return promise;
}
