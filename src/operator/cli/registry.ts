/** What can be asked at the command line, in the order the help tells it. */
import { auditAskAgain } from './audit-ask-again.ts';
import { auditErase } from './audit-erase.ts';
import { auditExport } from './audit-export.ts';
import { auditResume } from './audit-resume.ts';
import { auditPopulation, auditVerify } from './audit-verify.ts';
import { doctor } from './doctor.ts';
import { evidence } from './evidence.ts';
import { requestActs } from './requests-act.ts';
import { requestsList } from './requests-list.ts';
import { requestsShow } from './requests-show.ts';
import { setup } from './setup.ts';
import type { Subcommand } from './subcommand.ts';
import { witnessAdd, witnessRun } from './witness.ts';

export const subcommands: readonly Subcommand[] = [
  requestsList,
  requestsShow,
  ...requestActs,
  evidence,
  auditVerify,
  auditPopulation,
  auditExport,
  auditErase,
  auditResume,
  auditAskAgain,
  witnessRun,
  witnessAdd,
  doctor,
  setup,
];
