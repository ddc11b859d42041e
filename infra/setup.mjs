// Makes a clean checkout ready to run: the locked dependencies with the pinned Node, Kafka's jars, the
// Runner's file. Plain JavaScript for Node 18 and newer, because it runs before any of that is there. Each
// step has its own stamp, so that the second time takes a fraction of a second. What is missing on the
// machine is said in words.
//
//   node infra/setup.mjs [--for=demo|test|bench|check]
//     demo   (default) everything, Kafka included, or exit 1
//     test   goes on without Kafka's jars: the tests that need a broker fail and say why. Any other
//            failure prints the closing count line of `npm test` as one failed test
//     bench  as demo, and what is compared with, if it can be had
//     check  no Kafka at all
import { endChildren } from './setup/children.mjs';
import { installDependencies, checkPinnedNode } from './setup/dependencies.mjs';
import { fetchKafka } from './setup/kafka.mjs';
import { fetchKcat, fetchStarters } from './setup/debian.mjs';
import { fetchMirrorMaker } from './setup/mirror-maker.mjs';
import { MissingError } from './setup/missing.mjs';
import { buildRunner } from './setup/runner.mjs';
import { fetchSecondNode } from './setup/second-node.mjs';

const purpose =
  process.argv.find((argument) => argument.startsWith('--for='))?.slice('--for='.length) ?? 'demo';

async function setUp() {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    throw new MissingError(`Node ${process.versions.node} is too old for the set-up.`, [
      'Install Node 18 or newer with npm; the Node that Penstock runs on is then downloaded by npm.',
    ]);
  }
  await Promise.all([installDependencies().then(checkPinnedNode).then(buildRunner), kafkaAsNeeded()]);
  if (purpose === 'test') await fetchSecondNode();
  if (purpose === 'bench') {
    await fetchKcat();
    await fetchStarters();
    await fetchMirrorMaker();
  }
}

async function kafkaAsNeeded() {
  if (purpose === 'check') return;
  try {
    await fetchKafka();
  } catch (error) {
    if (purpose !== 'test' || !(error instanceof MissingError)) throw error;
    console.error(
      `${error.report()}\nset-up: going on without Kafka; the tests that need a broker will fail`,
    );
  }
}

// TERM to npm ends the shell between npm and us, but not us: whoever loses its parent has been told to stop.
const parent = process.ppid;
setInterval(() => process.ppid === parent || stop('SIGTERM'), 200).unref();
process.on('SIGINT', () => stop('SIGINT'));
process.on('SIGTERM', () => stop('SIGTERM'));

function stop(signal) {
  endChildren(signal);
  // oxlint-disable-next-line unicorn/no-process-exit -- nobody is left to wait for
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

try {
  await setUp();
} catch (error) {
  endChildren('SIGTERM');
  console.error(error instanceof MissingError ? error.report() : error);
  if (purpose === 'test') console.log('0 passed, 1 failed, 0 skipped');
  process.exitCode = 1;
}
