/** Environment of the checks, and the four outcomes of a finding. */

import type { armRegistrations } from '../../azure/arm/bot-registrations.ts';
import type { armSubscriptions } from '../../azure/arm/subscriptions.ts';
import type { Cloud } from '../../azure/clouds.ts';
import type { readAppSecrets } from '../../azure/graph/app-secrets.ts';
import type { Config } from '../../config/config.ts';
import type { Azure } from '../../domain/ports/azure.ts';
import type { Database } from '../../store/database.ts';
import type { OpenStore } from '../../store/store.ts';
import { type Diagnosis, type DiagnosisCode, findings } from './diagnosis.ts';

export interface DoctorEnvironment {
  readonly config: Config;
  readonly azure: Azure;
  readonly subscriptions: ReturnType<typeof armSubscriptions>;
  readonly registrations: ReturnType<typeof armRegistrations>;
  readonly secretsOf: (appId: string) => ReturnType<typeof readAppSecrets>;
  readonly cloud: Cloud;
  /** Returns the object ID of the bot's identity, or `OBJECT_ID` without a sign-in. Cached. */
  readonly ownObjectId: () => Promise<string>;
}

export interface RecordSubjects {
  readonly database: Database;
  readonly store: Pick<OpenStore, 'clock' | 'conversations' | 'drifts' | 'requests' | 'auditLog' | 'witnesses'>;
}

export type Subjects = DoctorEnvironment & RecordSubjects;

export interface About {
  readonly code: DiagnosisCode;
  readonly subject: string;
}

export type Remedy = readonly [commands: readonly string[], who?: string];

export const about = (code: DiagnosisCode, subject: string = findings[code][0]): About => ({ code, subject });

const says =
  (outcome: Diagnosis['outcome']) =>
  (of: About, found: string, fix: string, ...[commands = [], who = '']: Partial<Remedy>): Diagnosis => ({
    ...of,
    outcome,
    found,
    mend: fix,
    who,
    commands: [...commands],
  });

export const ok = (of: About, found: string): Diagnosis => says('ok')(of, found, '');
export const warn = says('warn');
export const fail = says('fail');
export const unknown = says('unknown');
