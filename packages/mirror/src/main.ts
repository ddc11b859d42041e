import { runService } from '@penstock/service';
import { runCommand } from './commands/run-command.ts';
import { checkConfig, mirrorKnobs, prefix } from './config.ts';
import { startMirror } from './mirror.ts';

const [command = 'run', ...args] = process.argv.slice(2);

if (command === 'run') {
  await runService({ name: 'mirror', prefix, knobs: mirrorKnobs, check: checkConfig, start: startMirror });
} else {
  process.exitCode = await runCommand(command, args);
}
