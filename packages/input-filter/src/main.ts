import { runProgram } from '@penstock/service';
import { commands } from './commands/commands.ts';
import { checkConfig, knobs, prefix } from './config.ts';
import { startInputFilter } from './input-filter.ts';

await runProgram({
  name: 'input-filter',
  about: 'turns raw requests into clean events, each once',
  prefix,
  knobs,
  checkConfig,
  start: startInputFilter,
  commands,
});
