import type { WriteRejection } from '../../domain/write-health.ts';

/** The answer of `/readyz`: 200 if this replica can take calls, otherwise 503. */
export type Readiness =
  | { readonly status: 'ready' }
  /** It takes calls, but tells people that the database is read-only. */
  | { readonly status: 'ready'; readonly stores: false; readonly because: WriteRejection }
  | { readonly status: 'not ready'; readonly missing: 'clock' | 'database' };
