import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

test.each([
  [['--nope'], "Unknown option '--nope'"],
  [['--port', '70000'], '--port must be a number up to 65535'],
  [['--port=1e3'], '--port must be a number up to 65535'],
  [['--folder='], '--folder is empty'],
  [['more'], 'Unexpected argument'],
  [['--datacenters', '0'], '--datacenters must be a number from 1 to 4'],
  [['--datacenters', '5'], '--datacenters must be a number from 1 to 4'],
  [['--datacenters=2.5'], '--datacenters must be a number from 1 to 4'],
  [['--once', '--datacenters', '2'], '--once ends after the account of one datacenter'],
])('wrong usage is exit code 2, with the reason and the help: %j', (args, reason) => {
  const read = readOptions(args);
  expect(read).toMatchObject({ kind: 'text', exitCode: 2, text: expect.stringContaining('npm run demo') });
  expect(read.kind === 'text' && read.text).toContain(reason);
});

test('help is exit code 0, and without options everything is a free port', () => {
  expect(readOptions(['--help'])).toMatchObject({ kind: 'text', exitCode: 0 });
  expect(readOptions([])).toMatchObject({ kind: 'run', options: { once: false, port: 0, datacenters: 1 } });
  expect(readOptions(['--datacenters', '4'])).toMatchObject({ options: { datacenters: 4 } });
  expect(readOptions(['--once', '--port', '8080'])).toMatchObject({ options: { once: true, port: 8080 } });
});
