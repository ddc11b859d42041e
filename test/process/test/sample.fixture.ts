// A process for the tests of test/process: it says a few lines, serves /readyz, and ends as its arguments
// tell it to.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [behaviour = '', other = ''] = process.argv.slice(2);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

process.stdout.write('words that are no JSON\n');
if (behaviour === 'fail') {
  say({ level: 'fatal', msg: 'no broker answers' });
  process.exitCode = 3;
} else if (behaviour === 'print') {
  process.stdout.write(`${other} ${Object.keys(process.env).includes('HOME')}\n`);
  process.stderr.write('a complaint\n');
  process.exitCode = 4;
} else {
  let requests = 0;
  const server = createServer((_, response) => {
    response.statusCode = ++requests < 3 ? 503 : 200;
    response.end(JSON.stringify({ reasons: requests < 3 ? ['still loading'] : [], requests }));
  });
  server.listen(0, '127.0.0.1', () => {
    say({ msg: 'operations listener is open', address: server.address() as AddressInfo });
    say({ msg: 'started', pid: process.pid });
  });
  process.on('SIGTERM', () => {
    say({ msg: 'stopping' });
    if (behaviour !== 'stuck') process.exit(0);
  });
  process.on('message', (message) => process.send?.({ heard: message }));
}
