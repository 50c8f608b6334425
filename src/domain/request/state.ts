import { z } from 'zod';

/** Every state a request can be in. What it has in each is in request.ts. */
export const RequestState = z.enum([
  'awaiting-approval',
  'approved',
  'running',
  'needs-attention',
  'succeeded',
  'failed',
  'rejected',
  'cancelled',
  'expired',
]);
export type RequestState = z.infer<typeof RequestState>;
