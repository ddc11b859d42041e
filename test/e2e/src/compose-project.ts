import { execFile, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, copyFileSync, existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const infra = join(import.meta.dirname, '../../../infra');
const baseImages = ['node:26-bookworm-slim', 'apache/kafka:4.2.1'];
const outputBytesMax = 64 * 1024 * 1024;

/** Any port instead of the documented ones: somebody may be using compose on this machine. */
const anyPorts = `services:
  receiver: { ports: !override ['127.0.0.1::8080'] }
  input-filter: { ports: !reset [] }
  mirror: { ports: !reset [] }
`;

/** Why compose cannot be tried on this machine, or undefined. */
export function missingForCompose(): string | undefined {
  if (process.env['PENSTOCK_TEST_COMPOSE'] !== '1') return 'PENSTOCK_TEST_COMPOSE=1 is not set';
  try {
    execFileSync('docker', ['compose', 'version'], { stdio: 'ignore' });
    execFileSync('docker', ['info'], { stdio: 'ignore' });
  } catch {
    return 'there is no container engine with compose';
  }
  try {
    execFileSync('docker', ['image', 'inspect', ...baseImages], { stdio: 'ignore' });
  } catch {
    return `the images ${baseImages.join(' and ')} are not both here`;
  }
  return undefined;
}

export interface Container {
  Service: string;
  State: string;
  ExitCode: number;
}

/**
 * infra/compose/compose.yaml under a name, ports and an image of its own; disposing of it removes all but
 * the layers.
 */
export class ComposeProject implements AsyncDisposable {
  readonly #image = `penstock-test:${randomBytes(4).toString('hex')}`;
  readonly #folder: string;

  static async create(): Promise<ComposeProject> {
    const folder = await mkdtemp(join(tmpdir(), 'penstock-compose-'));
    await writeFile(join(folder, 'ports.yaml'), anyPorts);
    return new ComposeProject(folder);
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Behind the proxy that this machine is behind, if it is: with the certificates that Node trusts here. */
  async build(): Promise<void> {
    const wanted = join(infra, 'images/extra-ca.pem');
    const trusted = process.env['NODE_EXTRA_CA_CERTS'];
    const lent = trusted !== undefined && !existsSync(wanted);
    if (lent) copyFileSync(trusted, wanted, constants.COPYFILE_EXCL);
    try {
      await this.compose('build');
    } finally {
      if (lent) rmSync(wanted);
    }
  }

  /**
   * Runs `docker compose ...args` and answers what it wrote to stdout. Throws, with stderr, when it fails.
   */
  async compose(...args: string[]): Promise<string> {
    const project = `penstock-test-${this.#image.split(':')[1]}`;
    const files = ['-f', join(infra, 'compose/compose.yaml'), '-f', join(this.#folder, 'ports.yaml')];
    const { stdout } = await run('docker', ['compose', '-p', project, ...files, ...args], {
      env: { ...process.env, PENSTOCK_IMAGE: this.#image },
      maxBuffer: outputBytesMax,
    });
    return stdout;
  }

  /** Waits until a command container has ended, and answers its exit code. */
  async exitCodeOf(service: string): Promise<number> {
    const id = (await this.compose('ps', '--all', '--quiet', service)).trim();
    const { stdout } = await run('docker', ['wait', id]);
    return Number(stdout);
  }

  async containers(): Promise<Container[]> {
    const lines = (await this.compose('ps', '--all', '--format', 'json')).trim().split('\n');
    return lines.map((line) => JSON.parse(line) as Container);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose('down', '--volumes', '--timeout', '5');
    await run('docker', ['image', 'rm', this.#image]).catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }
}
