import { nearest } from '../../../src/operations/nearest.ts';

const names = ['triage-agent-prod', 'triage-agent-test', 'ward-agent'];

it.each([
  ['triage-agent-prdo', 'triage-agent-prod'],
  ['Triage-Agent-Tst', 'triage-agent-test'],
  ['ward_agent', 'ward-agent'],
])('%s is taken for %s', (wrote, meant) => {
  expect(nearest(wrote, names)).toBe(meant);
});

it('what is like none of them is taken for none', () => {
  expect(nearest('pharmacy', names)).toBeNull();
  expect(nearest('', names)).toBeNull();
  expect(nearest('ward', [])).toBeNull();
});

it('long texts are not compared at all', () => {
  const long = 'a'.repeat(100_000);
  // Compared, it would be found: it is the very same.
  expect(nearest(long, [long])).toBeNull();
});
