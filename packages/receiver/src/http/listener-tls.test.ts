import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createAuthority, type Authority } from '@penstock/test-broker';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { startHttpSide, type HttpSide } from '../../test/http-side.ts';
import { readTlsFiles } from './tls-files.ts';

const canIssue = spawnSync('openssl', ['version']).status === 0;
const names = 'IP:127.0.0.1';
const folder = mkdtempSync(join(tmpdir(), 'penstock-tls-'));
let authority: Authority;
let stranger: Authority;

beforeAll(async () => {
  if (canIssue) {
    authority = await createAuthority(folder, 'authority');
    stranger = await createAuthority(folder, 'stranger');
  }
  return () => rmSync(folder, { recursive: true });
});

interface Files {
  TLS_CERTIFICATE_FILE: string;
  TLS_KEY_FILE: string;
}

let made = 0;

/** Files of a fresh certificate for this address. */
async function givenFiles(): Promise<Files> {
  const name = `server-${(made += 1)}`;
  await authority.issue(name, names);
  const path = join(folder, `authority-${name}`);
  return { TLS_CERTIFICATE_FILE: `${path}.pem`, TLS_KEY_FILE: `${path}.key` };
}

/** The status of a post, or the code of the error that it ended with. */
async function post(side: HttpSide, options: ConnectionOptions = {}): Promise<number | string> {
  const { promise, resolve } = Promise.withResolvers<number | string>();
  const headers = { 'content-type': 'application/json' };
  const o = { method: 'POST', headers, agent: false, ca: authority.certificate, ...options };
  request(`${side.url}/v4/events`, o, (response) => resolve(response.resume().statusCode ?? 0))
    .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'))
    .end('{}');
  return promise;
}

async function opened(side: HttpSide, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const o = { ca: authority.certificate, port: side.port, host: '127.0.0.1', ...options };
  const socket = connect(o).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

const serialOf = (socket: TLSSocket): string => String(socket.getPeerX509Certificate()?.serialNumber);

/** Seen twice, a second apart in life. */
async function lookTwice({ tls }: HttpSide): Promise<void> {
  await tls?.look();
  await tls?.look();
}

test.skipIf(!canIssue)(
  'events are taken over TLS, and plain HTTP gets nothing at the same address',
  async () => {
    const side = await startHttpSide({ ...(await givenFiles()) });
    expect(await post(side)).toBe(200);
    expect(side.appended).toHaveLength(1);
    const plain = connectPlain(side.port, '127.0.0.1', () =>
      plain.write('GET /v1/collect?e=1 HTTP/1.1\r\n\r\n'),
    );
    plain.on('error', () => {}).resume();
    await once(plain, 'close');
    expect(await side.metrics()).toMatch(/tls_connections_total\{client="failed"\} 1/);
    expect(side.appended).toHaveLength(1);
  },
);

test.skipIf(!canIssue)(
  'a new certificate is taken without a restart, and connections that are open stay',
  async () => {
    const files = await givenFiles();
    const side = await startHttpSide({ ...files });
    const before = await opened(side);
    const expiry = side.tls?.expiresAtMs;
    const { certificate, key } = await authority.issue('renewed', names);
    // Two files cannot change at once: between them nothing is tried.
    writeFileSync(files.TLS_CERTIFICATE_FILE, certificate);
    await side.tls?.look();
    writeFileSync(files.TLS_KEY_FILE, key);
    await lookTwice(side);
    const after = await opened(side);
    expect(serialOf(after)).not.toBe(serialOf(before));
    expect(await post(side)).toBe(200);
    before.write('GET /v1/collect?e=1 HTTP/1.1\r\nhost: a\r\n\r\n');
    const [answer] = (await once(before, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1.1 200/);
    expect(side.tls?.expiresAtMs).toBeGreaterThanOrEqual(expiry ?? Infinity);
    expect(await side.metrics()).toMatch(/certificate_reloads_total\{outcome="taken"\} 1/);
    expect(side.logged()).not.toContain('cannot be used');
  },
);

test.skipIf(!canIssue)('files that do not fit leave the certificate of before, and are told', async () => {
  const files = await givenFiles();
  const side = await startHttpSide({ ...files });
  const serial = serialOf(await opened(side));
  const other = await authority.issue('other', names);
  const bad: [keyof Files, string, string][] = [
    ['TLS_KEY_FILE', other.key, 'is not that of the certificate'],
    ['TLS_KEY_FILE', 'canary-secret', 'does not hold a private key'],
    ['TLS_KEY_FILE', '', 'does not hold a private key'],
    ['TLS_CERTIFICATE_FILE', other.certificate.slice(0, 200), 'does not hold a certificate'],
  ];
  for (const [knob, text, problem] of bad) {
    writeFileSync(files[knob], text);
    await lookTwice(side);
    expect(side.logged()).toContain(problem);
    expect(serialOf(await opened(side))).toBe(serial);
  }
  rmSync(files.TLS_KEY_FILE);
  await lookTwice(side);
  const logged = side.logged();
  expect(logged).toContain(`there is no ${files.TLS_KEY_FILE}`);
  expect(logged).not.toContain('canary');
  expect(await post(side)).toBe(200);
  expect(await side.metrics()).toMatch(/certificate_reloads_total\{outcome="refused"\} 5/);
  await expect(startHttpSide({ ...files })).rejects.toThrow(`there is no ${files.TLS_KEY_FILE}`);
});

test.skipIf(!canIssue)('a certificate that has expired, or is not valid yet, is no good one', async () => {
  const { TLS_CERTIFICATE_FILE: certificateFile, TLS_KEY_FILE: keyFile } = await givenFiles();
  const files = { certificateFile, keyFile, clientAuthoritiesFile: undefined };
  const dayMs = 86_400_000;
  const { expiresAtMs } = await readTlsFiles(files, Date.now());
  await expect(readTlsFiles(files, expiresAtMs)).rejects.toThrow('has expired');
  await expect(readTlsFiles(files, Date.now() - dayMs)).rejects.toThrow('is not valid yet');
});

test.skipIf(!canIssue).each([
  ['required', 'none', false],
  ['required', 'stranger', false],
  ['required', 'authority', true],
  ['optional', 'none', true],
  ['optional', 'stranger', false],
  ['optional', 'authority', true],
] as const)('client certificates %s, one of %s: served %s', async (mode, issuer, served) => {
  const side = await startHttpSide({
    ...(await givenFiles()),
    TLS_CLIENT_CERTIFICATES: mode,
    TLS_CLIENT_CA_FILE: authority.certificateFile,
  });
  const identity =
    issuer === 'none' ? {} : await (issuer === 'authority' ? authority : stranger).issue(`client-${mode}`);
  const { certificate: cert, key } = { certificate: undefined, key: undefined, ...identity };
  const status = await post(side, cert === undefined ? {} : { cert, key });
  expect(status === 200).toBe(served);
  expect(side.appended).toHaveLength(served ? 1 : 0);
  const kind = served ? (issuer === 'none' ? 'anonymous' : 'certified') : 'failed';
  await expect
    .poll(() => side.metrics())
    .toMatch(new RegExp(`tls_connections_total\\{client="${kind}"\\} 1`));
});

test.skipIf(!canIssue).each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a %s session of a client whose authority was taken away is not resumed',
  async (version) => {
    const clientAuthoritiesFile = join(folder, `clients-${version}.pem`);
    writeFileSync(clientAuthoritiesFile, stranger.certificate);
    const files = await givenFiles();
    const side = await startHttpSide({
      ...files,
      TLS_CLIENT_CERTIFICATES: 'required',
      TLS_CLIENT_CA_FILE: clientAuthoritiesFile,
    });
    const { certificate: cert, key } = await stranger.issue(`leaver-${version.at(-1)}`);
    const versions = { minVersion: version, maxVersion: version };
    const o = { ca: authority.certificate, port: side.port, host: '127.0.0.1', cert, key, ...versions };
    const first = connect(o).on('error', () => {});
    const [session] = (await once(first, 'session')) as [Buffer];
    first.destroy();
    expect(await post(side, { session, cert, key, ...versions })).toBe(200);
    writeFileSync(clientAuthoritiesFile, authority.certificate);
    await lookTwice(side);
    expect(typeof (await post(side, { session, cert, key, ...versions }))).toBe('string');
    expect(side.appended).toHaveLength(1);
  },
);

test.skipIf(!canIssue)('a client that does not finish its handshake is cut off', async () => {
  const side = await startHttpSide({ ...(await givenFiles()), HEADERS_TIMEOUT_MS: '500' });
  const mute = connectPlain(side.port, '127.0.0.1', () => mute.write('\x16\x03\x01'));
  mute.on('error', () => {}).resume();
  await once(mute, 'close');
  expect(await side.metrics()).toMatch(/tls_connections_total\{client="failed"\} 1/);
  expect(await side.metrics()).not.toMatch(/discarded_requests_total\{reason="slow-request"\} [1-9]/);
});

test.skipIf(!canIssue)('a connection that is opened ahead and stays mute is no slow request', async () => {
  const side = await startHttpSide({
    ...(await givenFiles()),
    HEADERS_TIMEOUT_MS: '500',
    KEEP_ALIVE_TIMEOUT_MS: '1000',
  });
  const mute = await opened(side);
  mute.resume();
  await once(mute, 'close');
  expect(await side.metrics()).not.toMatch(/discarded_requests_total\{reason="slow-request"\} [1-9]/);
});

test.runIf(canIssue)(
  'a client that ends its side of TLS once it has sent, and waits, is answered (needs openssl)',
  async () => {
    const side = await startHttpSide({ ...(await givenFiles()) });
    side.outcome = 'never';
    // The types of Node do not know it.
    const halfOpen: ConnectionOptions & { allowHalfOpen: true } = { allowHalfOpen: true };
    const socket = await opened(side, halfOpen);
    let said = '';
    socket.setEncoding('latin1').on('data', (text: string) => (said += text));
    const head = 'POST /v4/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
    socket.end(`${head}content-length: 2\r\n\r\n{}`);
    await expect.poll(() => side.appended).toHaveLength(1);
    await sleep(50); // in which its end arrives, too
    for (const { token } of side.appended) token.settled(undefined);
    await once(socket, 'end');
    expect(said).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  },
);
