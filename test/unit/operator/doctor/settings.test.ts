import { expect, test } from '@jest/globals';
import { judgeNode } from '../../../../src/operator/doctor/settings.ts';

test.each([
  ['v18.20.0', '2026-11-26', 'too-old'],
  ['v20.18.9', '2026-01-01', 'too-old'],
  ['v20.19.0', '2026-01-01', 'fine'],
  ['v20.20.2', '2026-11-26', 'ended'],
  ['v23.1.0', '2026-11-26', 'ended'],
  ['v24.1.0', '2026-11-26', 'fine'],
  ['v24.1.0', '2028-11-26', 'ended'],
  ['v30.0.0', '2026-11-26', 'fine'],
] as const)('Node.js %s on %s is %s', (version, day, judged) => {
  expect(judgeNode(version, new Date(day))).toBe(judged);
});
