import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { inCheckout, readText, root, stateOf, writeStamp } from './checkout.mjs';
import { lastLines, run, withProgress } from './children.mjs';
import { MissingError } from './missing.mjs';

const pinnedNode = inCheckout('node_modules', '.bin', 'node');
const stamp = inCheckout('node_modules', '.set-up'); // goes with the folder, which npm ci empties first

/** Installs what package-lock.json names, unless that is what node_modules already holds. */
export async function installDependencies() {
  const state = stateOf(inCheckout('package-lock.json'));
  if (readText(stamp) === state && existsSync(pinnedNode)) return;
  await withProgress('installing the locked npm packages, Node included', npmCi);
  writeStamp(stamp, state);
}

// No install scripts are run, no audit is asked for, and an unreachable registry is found out before npm
// waits for it.
async function npmCi() {
  const unreachable = await findUnreachable();
  const { status, output } = await npm(
    ...['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'],
    ...['--fetch-retries=1', '--fetch-retry-mintimeout=1000', ...(unreachable ? ['--offline'] : [])],
  );
  if (status === 0) return;
  if (
    unreachable ||
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH)\b/.test(output)
  ) {
    throw new MissingError(`no network: ${unreachable ?? 'the npm registry cannot be reached'}.`, [
      "npm's cache does not hold everything that package-lock.json names, so it has to be downloaded once.",
      'Connect, or name your proxy or registry to npm (npm config set https-proxy ...).',
      'Then run the same command again.',
    ]);
  }
  if (status === 127) throw new MissingError('npm was not found.', ['Install Node 18 or newer with npm.']);
  throw new MissingError('npm ci failed:', lastLines(output));
}

function npm(...args) {
  const cli = process.env.npm_execpath; // the npm that runs this script, wherever it lives
  return cli?.endsWith('npm-cli.js')
    ? run(process.execPath, [cli, ...args], { cwd: root })
    : run('npm', args, { cwd: root });
}

/**
 * Why the registry (or the proxy before it) cannot be reached, or undefined when it can. Known within 4
 * seconds.
 */
async function findUnreachable() {
  const { status, output } = await npm('config', 'get', 'registry', 'https-proxy', '--loglevel=error');
  const setting = (name) => new RegExp(`^${name}\\s*=\\s*(\\S+)$`, 'm').exec(output)?.[1];
  const address = [
    setting('https-proxy'),
    process.env.HTTPS_PROXY,
    process.env.https_proxy,
    setting('registry'),
  ].find((value) => value && value !== 'null');
  if (status !== 0 || address === undefined || !URL.canParse?.(address)) return undefined;
  const { hostname, port, protocol } = new URL(address);
  const reason = await connectProblem(hostname, Number(port) || (protocol === 'http:' ? 80 : 443));
  return reason && `${hostname} does not answer (${reason})`;
}

function connectProblem(host, port) {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 4_000 });
    const settle = (problem) => resolve(socket.destroy() && problem);
    const deadline = setTimeout(settle, 4_000, 'no answer within 4 s'); // finding a name has no timeout
    socket.on('connect', () => settle(undefined));
    socket.on('error', (error) => settle(error.code ?? error.message));
    socket.on('close', () => clearTimeout(deadline));
  });
}

/** The Node that everything else runs under: it must start here and be the one that is pinned. */
export async function checkPinnedNode() {
  const pinned = Object.values(
    JSON.parse(readFileSync(inCheckout('infra', 'node', 'package.json'), 'utf8')).optionalDependencies,
  )[0];
  if (!existsSync(pinnedNode)) {
    rmSync(stamp, { force: true });
    throw new MissingError(`there is no pinned Node for ${process.platform}-${process.arch}.`, [
      'Penstock runs on Linux (x64, arm64; glibc) and macOS (arm64).',
      'If yours is one of these, npm left the optional package out: unset npm config omit.',
      'Then run the same command again.',
    ]);
  }
  const { status, output } = await run(pinnedNode, ['--version']);
  if (status === 0 && output.trim() === `v${pinned}`) return;
  // The next `npm run` would find this broken node first on its PATH; without the link and the stamp it
  // starts afresh.
  rmSync(stamp, { force: true });
  rmSync(pinnedNode, { force: true });
  if (output.includes('libatomic')) {
    throw new MissingError('libatomic1 is missing; the pinned Node needs libatomic.so.1.', [
      'Debian, Ubuntu: apt-get install libatomic1    Fedora, RHEL: dnf install libatomic',
    ]);
  }
  throw new MissingError(`the pinned Node ${pinned} does not start here:`, lastLines(output));
}
