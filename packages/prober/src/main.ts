import { runProgram } from '@penstock/service';
import { once } from './commands/once.ts';
import { verify } from './commands/verify.ts';
import { checkConfig, knobs, prefix } from './config.ts';
import { startProber } from './start-prober.ts';

await runProgram({
  name: 'prober',
  about: 'sends marked events through every datacenter and says what was lost, doubled, late or changed',
  prefix,
  knobs,
  checkConfig,
  start: startProber,
  commands: { once, verify },
});
