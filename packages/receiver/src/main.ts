import { runService } from '@penstock/service';
import { check, knobs, prefix } from './config.ts';
import { startReceiver } from './receiver.ts';

await runService({ name: 'receiver', prefix, knobs, check, start: startReceiver });
