import type { WhyRefused } from '../../domain/storing.ts';

/** What `/readyz` says: 200 where calls are to be sent here, 503 where another replica is better asked. */
export type Readiness =
  | { readonly status: 'ready' }
  /** It answers, and says to people that the database takes nothing. */
  | { readonly status: 'ready'; readonly stores: false; readonly because: WhyRefused }
  | { readonly status: 'not ready'; readonly missing: 'clock' | 'database' };
