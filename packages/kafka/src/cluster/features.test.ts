import { expect, test } from 'vitest';
import { checkFeatures, versionWarning } from './features.ts';

const metadataVersion = (finalized: number, supported: number) => ({
  finalizedFeatures: [{ name: 'metadata.version', maxVersionLevel: finalized }],
  supportedFeatures: [{ name: 'metadata.version', maxVersion: supported }],
});

test('the tested broker is no reason for a warning', () => {
  expect(versionWarning(metadataVersion(29, 29))).toBeUndefined();
  expect(versionWarning({})).toBeUndefined();
});

test.each([
  [30, 30],
  [29, 30], // upgraded, and the cluster not finalized yet
])('metadata.version %i of %i: it may be 4.3, which loses committed records', (finalized, supported) => {
  expect(versionWarning(metadataVersion(finalized, supported))?.text).toContain('KAFKA-20734');
});

test('what comes after is only untested', () => {
  expect(versionWarning(metadataVersion(31, 33))).toEqual({
    metadataVersion: 33,
    text: 'broker is newer than the tested 4.2.1',
  });
});

test('a cluster without transactions v2 is refused, and told how to turn them on', () => {
  const features = { finalizedFeatures: [{ name: 'group.version', maxVersionLevel: 1 }] };
  expect(() => checkFeatures(features)).toThrow('kafka-features.sh upgrade --feature transaction.version=2');
});
