/**
 * Asks one candidate after the other until one answers: the next as soon as one fails, and already when it has been silent for
 * `patienceMs`, while its answer still counts. A broker that hangs costs that long, not a whole request timeout.
 *
 * Rejects with the last failure when all have failed, and at once with one that `helpless` says no other candidate would heal, or
 * when there is no candidate.
 */
export function firstAnswer<C, R>(
  candidates: readonly C[],
  patienceMs: number,
  ask: (candidate: C) => Promise<R>,
  o: { helpless: (error: unknown) => boolean; onSilent: (candidate: C) => void },
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
        if (o.helpless(error)) over(() => reject(error));
        else if (asked < candidates.length) askNext();
        else if (unanswered === 0) reject(error);
      },
    );
  };
  if (candidates.length === 0) reject(new RangeError('there is nobody to ask'));
  askNext();
  return promise;
}
