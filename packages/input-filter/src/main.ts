import { runService } from '@penstock/service';
import { filterKnobs, filterProblems } from './config.ts';
import { startInputFilter } from './input-filter.ts';

await runService({
  name: 'input-filter',
  prefix: 'PENSTOCK_FILTER_',
  knobs: filterKnobs,
  check: filterProblems,
  start: startInputFilter,
});
