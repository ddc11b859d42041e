import { RefusedError, UsageError, type Command } from '@penstock/service';
import type { ReceiverConfig } from '../config.ts';
import { wallClockMs } from '../wall-clock.ts';
import { addKey, newKey, readKeys, removeKey, tenantPattern } from './key-file.ts';

/** `keys add`, `keys list` and `keys revoke`: the running Receivers see the change within seconds. */
export const keysCommands: Record<string, Command<ReceiverConfig>> = {
  'keys add': {
    about: 'makes an API key for a tenant and shows it, this once',
    flags: {
      tenant: { value: 'NAME', about: 'whose events come with this key' },
      'cannot-retry': {
        about: 'its clients send once (pixels, mail): the spool keeps what Kafka does not take',
      },
    },
    async act(config, given) {
      const tenant = given.text('tenant');
      if (tenant === undefined || !tenantPattern.test(tenant)) {
        throw new UsageError('--tenant needs a name of letters, digits, dots, hyphens and underscores');
      }
      const { key, stored } = newKey(
        tenant,
        new Date(wallClockMs()).toISOString(),
        given.has('cannot-retry'),
      );
      await addKey(fileOf(config), stored);
      const shown = `id:     ${stored.id}\ntenant: ${tenant}\nkey:    ${key}`;
      return `${shown}\nOnly its hash is kept: it cannot be shown again.`;
    },
  },
  'keys list': {
    about: 'shows the ids, tenants and dates of the API keys',
    async act(config) {
      const keys = await readKeys(fileOf(config));
      if (keys.length === 0) return 'there are no keys';
      const lines = keys.map(({ id, tenant, created, cannotRetry }) => {
        return `${id}  ${created}  ${tenant}${cannotRetry ? '  cannot retry' : ''}`;
      });
      return lines.join('\n');
    },
  },
  'keys revoke': {
    about: 'takes an API key back',
    flags: { id: { value: 'ID', about: 'as `keys list` shows it' } },
    async act(config, given) {
      const id = given.text('id');
      if (id === undefined) throw new UsageError('--id is needed');
      if (!(await removeKey(fileOf(config), id))) throw new RefusedError(`there is no key ${id}`);
      return `revoked ${id}`;
    },
  },
};

function fileOf({ access }: ReceiverConfig): string {
  if (access.keysFile === undefined) throw new RefusedError('PENSTOCK_RECEIVER_KEYS_FILE is not set');
  return access.keysFile;
}
