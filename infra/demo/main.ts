import { readOptions } from './src/options.ts';
import { runDemo } from './src/run-demo.ts';
import { stopSignal } from './src/stop-signal.ts';

const read = readOptions(process.argv.slice(2));
if (read.kind === 'text') {
  process[read.exitCode === 0 ? 'stdout' : 'stderr'].write(read.text);
  process.exitCode = read.exitCode;
} else {
  process.exitCode = await runDemo(read.options, stopSignal());
}
