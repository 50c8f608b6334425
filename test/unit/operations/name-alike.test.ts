import { expect, test } from '@jest/globals';
import { isNameAlike } from '../../../src/operations/name-alike.ts';

test.each([
  ['kv-hospita1-keys', 'kv-hospital-keys'],
  ['kv-care-prod', 'kv-care-prcd'],
  ['kv-care-prod', 'kv-careprod'],
  ['kv-c0re-data', 'kv-core-data'],
  ['kv-rnedical', 'kv-medical'],
  ['KV-Care-Prod', 'kv-care-pod'],
])('%s is easily taken for %s', (one, other) => {
  expect(isNameAlike(one, other)).toBe(true);
  expect(isNameAlike(other, one)).toBe(true);
});

test.each([
  ['kv-care-prod', 'kv-care-prod'],
  ['kv-care-prod', 'kv-care-test'],
  ['kv-keys-01', 'kv-keys-02'],
  ['kv-a', 'kv-b'],
  ['cmk-triage-agent', 'cmk-ward-agent'],
])('%s is not taken for %s', (one, other) => {
  expect(isNameAlike(one, other)).toBe(false);
});
