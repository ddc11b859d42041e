import { UsageError, type Command } from '@penstock/service';
import { ProbeAccount } from '../account/probe-account.ts';
import { Tally } from '../account/tally.ts';
import type { ProberConfig } from '../config.ts';
import { readHistory } from '../history.ts';

/** `verify`: reaches the verdict again from a recorded history, without any cluster. */
export const verify: Command<ProberConfig> = {
  about: 'judges a history that `once --history` has written; exit code 1 when a promise was broken',
  synopsis: '--history FILE',
  flags: { history: { value: 'FILE', about: 'the history, JSON lines' } },
  async act(_config, given) {
    const path = given.text('history');
    if (path === undefined) throw new UsageError('verify needs --history FILE');
    const tally = new Tally();
    let account: ProbeAccount | undefined;
    await readHistory(path, ({ datacenterOf }) => {
      account = new ProbeAccount({ datacenterOf, onFinding: (found) => tally.add(found) });
      const replayed = account;
      return (entry) => replayed.apply(entry);
    });
    const open = account?.open ?? 0;
    const head = tally.violations > 0 ? 'BROKEN' : open > 0 ? `OPEN: ${open} probes were not judged` : 'KEPT';
    return { text: `${head}\n${tally.table()}`, exitCode: tally.violations > 0 || open > 0 ? 1 : 0 };
  },
};
