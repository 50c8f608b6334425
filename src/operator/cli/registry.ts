/** All subcommands, in the order of the help. */
import { auditActs } from './audit-act.ts';
import { auditExport } from './audit-export.ts';
import { auditVerify } from './audit-verify.ts';
import { doctor } from './doctor.ts';
import { estate } from './estate.ts';
import { evidence } from './evidence.ts';
import { requestCommands } from './requests.ts';
import { setup } from './setup.ts';
import type { Subcommand } from './subcommand.ts';

export const subcommands: readonly Subcommand[] = [
  ...requestCommands,
  evidence,
  auditVerify,
  auditExport,
  ...auditActs,
  estate,
  doctor,
  setup,
];
