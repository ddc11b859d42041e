// Starts the command that it is given, says the child's pid, and lives until it is killed.
import { ServiceProcess } from '../src/index.ts';

const child = new ServiceProcess({ name: 'the child', command: process.argv.slice(2), env: {} });
await child.said('started');
process.stdout.write(`${JSON.stringify({ msg: 'started a child', pid: child.pid })}\n`);
setInterval(() => undefined, 60_000);
