import { runProgram } from '@penstock/service';
import { checkConfig, knobs, prefix } from './config.ts';
import { startReceiver } from './receiver.ts';

await runProgram({
  name: 'receiver',
  about: 'takes events over HTTP, and answers 200 once Kafka has them',
  prefix,
  knobs,
  checkConfig,
  start: startReceiver,
});
