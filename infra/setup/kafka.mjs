import { accessSync, constants, existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { inCheckout, readText, stateOf, writeStamp } from './checkout.mjs';
import { lastLines, run, withProgress } from './children.mjs';
import { MissingError } from './missing.mjs';

const pom = inCheckout('infra', 'kafka', 'pom.xml');
const libs = inCheckout('.cache', 'kafka', 'libs');
const stamp = inCheckout('.cache', 'kafka', 'set-up');
const javaNeeded = 17;

/**
 * Brings Kafka's jars to .cache/kafka/libs. Without Java, containers take their place, if there is an
 * engine.
 */
export async function fetchKafka() {
  const java = await findJava();
  if (java.problem) {
    if (!hasContainerEngine()) {
      throw new MissingError(`${java.problem}, and no container engine either.`, [
        `Kafka 4.2.1 needs Java ${javaNeeded} or newer with Maven`,
        '(Debian, Ubuntu: apt-get install openjdk-17-jre-headless maven),',
        'or a container engine to run in (DOCKER_HOST, or /var/run/docker.sock).',
      ]);
    }
    console.error(`set-up: ${java.problem}: Kafka will run in containers`);
    return;
  }
  const state = stateOf(pom);
  if (readText(stamp) === state && existsSync(libs)) return;
  await withProgress('fetching Kafka 4.2.1 with Maven', () => copyJars());
  writeStamp(stamp, state);
}

const signsOfNoNetwork = [
  'UnknownHost',
  'Name or service not known',
  'Temporary failure in name',
  'Network is unreachable',
  'onnect timed out',
  'Connection refused',
];

async function copyJars() {
  const fresh = `${libs}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const { status, output } = await run('mvn', [
    ...[
      '--batch-mode',
      '--quiet',
      '--file',
      pom,
      'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
    ],
    ...[`-DoutputDirectory=${fresh}`, '-DincludeScope=runtime'],
    ...['-Daether.connector.connectTimeout=5000', '-Daether.connector.requestTimeout=30000'],
  ]);
  if (status === 127) {
    throw new MissingError('Maven (mvn) was not found; it downloads Kafka 4.2.1.', [
      'Debian, Ubuntu: apt-get install maven    Fedora: dnf install maven    macOS: brew install maven',
    ]);
  }
  if (signsOfNoNetwork.some((sign) => output.includes(sign))) {
    throw new MissingError(
      "no network: Maven cannot reach its repository, and its cache does not hold all of Kafka's jars.",
      ['Connect, or name your proxy or mirror in ~/.m2/settings.xml, then run the same command again.'],
    );
  }
  if (status !== 0 || !existsSync(fresh))
    throw new MissingError('Maven could not fetch Kafka:', lastLines(output));
  rmSync(libs, { recursive: true, force: true });
  renameSync(fresh, libs);
}

async function findJava() {
  const java = [
    process.env.JAVA_HOME && join(process.env.JAVA_HOME, 'bin'),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
    .filter(Boolean)
    .map((folder) => join(folder, 'java'))
    .find(isExecutable);
  if (java === undefined) return { problem: 'no Java was found' };
  const version = await versionOf(java);
  if (version === undefined) return { problem: `${java} does not say its version` };
  return version >= javaNeeded ? {} : { problem: `Java ${version} is too old (${java})` };
}

// A JVM takes a tenth of a second to say its version; the file beside it says the same.
async function versionOf(java) {
  const release = readText(join(dirname(realpathSync(java)), '..', 'release'));
  const said =
    /^JAVA_VERSION="(\d+)/m.exec(release ?? '') ??
    /version "(\d+)/.exec((await run(java, ['-version'])).output);
  return said ? Number(said[1]) : undefined;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasContainerEngine() {
  return Boolean(process.env.DOCKER_HOST) || existsSync('/var/run/docker.sock');
}
