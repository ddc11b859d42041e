// Makes a clean checkout ready to run: the locked dependencies with the pinned Node, Kafka's jars, the
// Runner's file. Plain JavaScript for Node 18 and newer, because it runs before any of that is there. Each
// step has its own stamp, so that the second time takes a fraction of a second. What is missing on the
// machine is said in words.
//
//   node infra/setup.mjs [--for=demo|services|test|bench|check]
//     demo      (default) everything, Kafka included, or exit 1
//     services  what the services and the operator's tools run on: no Kafka of our own, so no Java
//     test      with a browser from Debian, if it can be had; goes on without it, and without Kafka's jars:
//               the tests that need a broker fail and say why. Any other
//               failure prints the closing count line of `npm test` as one failed test
//     bench     as demo, and what is compared with, if it can be had
//     check     as services
import { endChildren } from './setup/children.mjs';
import { fetchChromium } from './setup/chromium.mjs';
import { installDependencies, checkPinnedNode } from './setup/dependencies.mjs';
import { fetchKafka } from './setup/kafka.mjs';
import { fetchKcat, fetchStarters, fetchWrk } from './setup/debian.mjs';
import { fetchMirrorMaker } from './setup/mirror-maker.mjs';
import { MissingError } from './setup/missing.mjs';
import { buildRunner } from './setup/runner.mjs';
import { fetchSecondNode } from './setup/second-node.mjs';

const purpose =
  process.argv.find((argument) => argument.startsWith('--for='))?.slice('--for='.length) ?? 'demo';
const purposes = ['demo', 'services', 'test', 'bench', 'check'];

async function setUp() {
  if (!purposes.includes(purpose)) {
    throw new MissingError(`there is no --for=${purpose}.`, [`Give one of: ${purposes.join(', ')}.`]);
  }
  if (Number(process.versions.node.split('.')[0]) < 18) {
    throw new MissingError(`Node ${process.versions.node} is too old for the set-up.`, [
      'Install Node 18 or newer with npm; the Node that Penstock runs on is then downloaded by npm.',
    ]);
  }
  await Promise.all([installDependencies().then(checkPinnedNode).then(buildRunner), kafkaAsNeeded()]);
  if (purpose === 'test') {
    await fetchSecondNode();
    await fetchChromium();
  }
  if (purpose === 'bench') {
    await fetchKcat();
    await fetchStarters();
    await fetchWrk();
    await fetchMirrorMaker();
  }
}

async function kafkaAsNeeded() {
  if (purpose === 'check' || purpose === 'services') return;
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
