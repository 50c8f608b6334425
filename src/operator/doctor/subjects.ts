/** What the doctor looks at, and the three things it can say of each. */
import type { Cloud } from '../../azure/clouds.ts';
import type { Subscriptions } from '../../azure/subscriptions.ts';
import type { Config } from '../../config/config.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { Database } from '../../store/database.ts';
import type { OpenStore } from '../../store/store.ts';
import type { Diagnosis } from '../rpc/calls.ts';

export interface Subjects {
  readonly config: Config;
  readonly database: Database;
  readonly store: Pick<OpenStore, 'clock' | 'conversations' | 'trail'>;
  readonly azure: Azure;
  readonly subscriptions: Subscriptions;
  readonly cloud: Cloud;
}

export const ok = (subject: string, found: string): Diagnosis => ({ outcome: 'ok', subject, found, mend: '' });
export const warn = (subject: string, found: string, mend: string): Diagnosis => ({
  outcome: 'warn',
  subject,
  found,
  mend,
});
export const fail = (subject: string, found: string, mend: string): Diagnosis => ({
  outcome: 'fail',
  subject,
  found,
  mend,
});
