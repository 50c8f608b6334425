import { areNamesSimilar, closestName } from '../../../src/operations/choose.ts';

test.each([
  ['kv-hospita1-keys', 'kv-hospital-keys'],
  ['kv-care-prod', 'kv-care-prcd'],
  ['kv-care-prod', 'kv-careprod'],
  ['kv-c0re-data', 'kv-core-data'],
  ['kv-rnedical', 'kv-medical'],
  ['KV-Care-Prod', 'kv-care-pod'],
])('%s is easily taken for %s', (one, other) => {
  expect(areNamesSimilar(one, other)).toBe(true);
  expect(areNamesSimilar(other, one)).toBe(true);
});

test.each([
  ['kv-care-prod', 'kv-care-prod'],
  ['kv-care-prod', 'kv-care-test'],
  ['kv-keys-01', 'kv-keys-02'],
  ['kv-a', 'kv-b'],
  ['cmk-triage-agent', 'cmk-ward-agent'],
])('%s is not taken for %s', (one, other) => expect(areNamesSimilar(one, other)).toBe(false));

const names = ['triage-agent-prod', 'triage-agent-test', 'ward-agent'];

it.each([
  ['triage-agent-prdo', 'triage-agent-prod'],
  ['Triage-Agent-Tst', 'triage-agent-test'],
  ['ward_agent', 'ward-agent'],
])('%s is taken for %s', (wrote, meant) => expect(closestName(wrote, names)).toBe(meant));

it('what is like none of them is taken for none', () => {
  expect(closestName('pharmacy', names)).toBeNull();
  expect(closestName('', names)).toBeNull();
  expect(closestName('ward', [])).toBeNull();
});

it('long texts are not compared at all', () => {
  const long = 'a'.repeat(100_000);
  // Compared, it would be found: it is the very same.
  expect(closestName(long, [long])).toBeNull();
});
