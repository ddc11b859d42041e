import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { bundleClient } from '../build.mjs';

test('the client is less than 4 KB for a page, gzipped, and needs nothing else', async () => {
  const bundle = Buffer.from(await bundleClient());
  expect(gzipSync(bundle).length).toBeLessThan(4_096);
  expect(String(bundle)).not.toMatch(/\bimport\b|\brequire\b/);
});
