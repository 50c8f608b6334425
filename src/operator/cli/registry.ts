/** All subcommands, in the order of the help. */
import { auditAskAgain, auditErase, auditResume } from './audit-act.ts';
import { auditExport } from './audit-export.ts';
import { auditVerify } from './audit-verify.ts';
import { doctor } from './doctor.ts';
import { evidence } from './evidence.ts';
import { requestActs, requestsList, requestsShow } from './requests.ts';
import { setup } from './setup.ts';
import type { Subcommand } from './subcommand.ts';

export const subcommands: readonly Subcommand[] = [
  requestsList,
  requestsShow,
  ...requestActs,
  evidence,
  auditVerify,
  auditExport,
  auditErase,
  auditResume,
  auditAskAgain,
  doctor,
  setup,
];
