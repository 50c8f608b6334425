/** How settings write a length of time. */
import { z } from 'zod';

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `72h`, `30m`, `7d`, `90s` to milliseconds. */
export const duration = z
  .string('must be a number and one of ms, s, m, h, d, such as 72h')
  .regex(/^[1-9]\d{0,5}(ms|s|m|h|d)$/, 'must be a number and one of ms, s, m, h, d, such as 72h')
  .transform((value) => Number.parseInt(value, 10) * (units[value.replace(/^\d+/, '')] ?? 0));
