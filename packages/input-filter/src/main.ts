import { runService } from '@penstock/service';
import { runCommand } from './commands/run-command.ts';
import { filterKnobs, filterProblems } from './config.ts';
import { startInputFilter } from './input-filter.ts';

const args = process.argv.slice(2);
if (args.length > 0) {
  await runCommand(args);
} else {
  await runService({
    name: 'input-filter',
    prefix: 'PENSTOCK_FILTER_',
    knobs: filterKnobs,
    check: filterProblems,
    start: startInputFilter,
  });
}
