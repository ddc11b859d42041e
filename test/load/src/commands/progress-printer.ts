import type { SendProgress } from '../send/send-totals.ts';

const everyMs = 10_000;

export interface ProgressPrinter extends Disposable {
  show(progress: SendProgress): void;
  /** Ends the line that is being written over. */
  end(): void;
}

/** On a terminal one line that is written over; elsewhere, such as in a log, a line every ten seconds. */
export function progressPrinter(out: NodeJS.WriteStream): ProgressPrinter {
  let printedMs = 0;
  let isOpen = false;
  const end = (): void => {
    if (isOpen) out.write('\n');
    isOpen = false;
  };
  return {
    show(progress) {
      if (out.isTTY) {
        out.write(`\r\u001B[K${progressLine(progress)}`);
        isOpen = true;
      } else if (progress.elapsedMs - printedMs >= everyMs) {
        out.write(`${progressLine(progress)}\n`);
        printedMs = progress.elapsedMs;
      }
    },
    end,
    [Symbol.dispose]: end,
  };
}

export function progressLine(progress: SendProgress): string {
  const { acknowledged, refused, unknown, resends, elapsedMs, latencyMs, strange } = progress;
  const perSecond = acknowledged / Math.max(0.001, elapsedMs / 1_000);
  return [
    `${(elapsedMs / 1_000).toFixed(0)} s`,
    `${acknowledged} acknowledged (${perSecond.toFixed(0)}/s)`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
    ...(resends > 0 ? [`${resends} resends`] : []),
    ...(strange.answers > 0 ? [`${strange.answers} answers NOT OF A RECEIVER`] : []),
    `p50 ${latencyMs.p50.toFixed(1)} ms`,
    `p99 ${latencyMs.p99.toFixed(1)} ms`,
  ].join('  ');
}
