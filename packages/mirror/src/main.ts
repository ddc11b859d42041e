import { runProgram } from '@penstock/service';
import { commands, flags } from './commands/commands.ts';
import { checkConfig, knobs, prefix } from './config.ts';
import { startMirror } from './mirror.ts';

await runProgram({
  name: 'mirror',
  about: 'copies the topics of one cluster to another, each record once',
  prefix,
  knobs,
  checkConfig,
  start: startMirror,
  commands,
  flags,
});
