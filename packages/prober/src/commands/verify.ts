import { UsageError, type Command, type CommandOutcome } from '@penstock/service';
import { ProbeAccount } from '../account/probe-account.ts';
import { Tally } from '../account/tally.ts';
import type { ProberConfig } from '../config.ts';
import { readHistory } from '../history.ts';

/** `verify`: reaches the verdict again from a recorded history, without any cluster. */
export const verify: Command<ProberConfig> = {
  about:
    'judges a history that `once --history` has written; exit code 0 kept, 1 broken or not judged, ' +
    '2 cannot tell',
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
    const { text, exitCode } = verdictOf(account!, tally);
    return { text: `${text}\n${tally.table()}`, exitCode };
  },
};

function verdictOf({ open, doubts }: ProbeAccount, { violations }: Tally): CommandOutcome {
  if (violations > 0) return { text: 'BROKEN', exitCode: 1 };
  if (open > 0) return { text: `OPEN: ${open} probes were not judged`, exitCode: 1 };
  if (doubts.length > 0) return { text: `CANNOT TELL: ${doubts.join('; ')}`, exitCode: 2 };
  return { text: 'KEPT', exitCode: 0 };
}
