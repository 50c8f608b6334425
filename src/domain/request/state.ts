import { z } from 'zod';

/** Every state of a request. The fields of each are in request.ts. */
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
