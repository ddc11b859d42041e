import { readFile } from 'node:fs/promises';

export interface Usage {
  /** Share of one core, 1 is all of it, since the measurement before. */
  cpu: number | undefined;
  rssMb: number;
}

const pageBytes = 4_096;
/** USER_HZ, which Linux shows to programs on every machine that Node runs on. */
const ticksPerSecond = 100;

/** What processes take, by /proc; where there is none, nothing is known. */
export class UsageMeter {
  readonly #before = new Map<number, { ticks: number; at: number }>();

  /** Undefined for a process that is gone, and on other systems than Linux. */
  async measure(pid: number): Promise<Usage | undefined> {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (text === undefined) {
      this.#before.delete(pid);
      return undefined;
    }
    const { ticks, rssPages } = parseStat(text);
    const [before, at] = [this.#before.get(pid), performance.now()];
    this.#before.set(pid, { ticks, at });
    const cpu = before && (ticks - before.ticks) / ticksPerSecond / ((at - before.at) / 1_000);
    return { cpu, rssMb: (rssPages * pageBytes) / 1e6 };
  }
}

/** proc(5): the name of the program is in parentheses and may hold anything; fields count from behind it. */
export function parseStat(text: string): { ticks: number; rssPages: number } {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { ticks: Number(fields[11]) + Number(fields[12]), rssPages: Number(fields[21]) };
}
