import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Files of one identity, PEM, and their texts. */
export interface Identity {
  certificate: string;
  key: string;
  /** Key and certificate in one file: what Kafka calls a PEM keystore. */
  keystoreFile: string;
}

export interface Authority {
  certificate: string;
  certificateFile: string;
  /** `names` as openssl writes alternative names: 'IP:127.0.0.1,DNS:localhost'. */
  issue(name: string, names?: string): Promise<Identity>;
}

/** A certificate authority of its own in `folder`, by openssl; it and what it issues are valid for a day. */
export async function createAuthority(folder: string, name: string): Promise<Authority> {
  const path = (file: string) => join(folder, `${name}-${file}`);
  const certificateFile = path('ca.pem');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', [
    ...['req', '-x509', ...key, '-keyout', path('ca.key'), '-out', certificateFile, '-days', '1'],
    ...['-subj', `/CN=${name}`, '-addext', 'basicConstraints=critical,CA:TRUE'],
  ]);
  const issue = async (subject: string, names?: string): Promise<Identity> => {
    const at = (file: string) => path(`${subject}.${file}`);
    await run('openssl', [
      ...['req', ...key, '-keyout', at('key'), '-out', at('csr'), '-subj', `/CN=${subject}`],
    ]);
    await writeFile(at('ext'), names ? `subjectAltName=${names}\n` : 'basicConstraints=CA:FALSE\n');
    await run('openssl', [
      ...['x509', '-req', '-in', at('csr'), '-out', at('pem'), '-days', '1', '-extfile', at('ext')],
      ...['-CA', certificateFile, '-CAkey', path('ca.key'), '-set_serial', String(Date.now())],
    ]);
    const [certificate, privateKey] = await Promise.all([
      readFile(at('pem'), 'utf8'),
      readFile(at('key'), 'utf8'),
    ]);
    await writeFile(at('keystore.pem'), privateKey + certificate);
    return { certificate, key: privateKey, keystoreFile: at('keystore.pem') };
  };
  return { certificate: await readFile(certificateFile, 'utf8'), certificateFile, issue };
}
