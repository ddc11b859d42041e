/**
 * Services of one machine often share an environment file, so a service meets the variables of the others.
 * Each family is read by somebody; a name outside of all of them is read by nobody and most likely
 * misspelt.
 */
export const knownFamilies = [
  'PENSTOCK_KAFKA_',
  'PENSTOCK_RECEIVER_',
  'PENSTOCK_FILTER_',
  'PENSTOCK_MIRROR_',
  'PENSTOCK_PROBER_',
  // Of the tests, the demo and the benchmarks.
  'PENSTOCK_TEST_',
  'PENSTOCK_E2E_',
  'PENSTOCK_FUZZ_',
  'PENSTOCK_ATTACK_',
] as const;

/** Names without a family of their own. */
export const knownNames = [
  'PENSTOCK_LOG_LEVEL',
  // Which image compose runs.
  'PENSTOCK_IMAGE',
  // Of tests and benchmarks.
  'PENSTOCK_SEED',
  'PENSTOCK_ROUNDS',
  'PENSTOCK_TELL',
] as const;
