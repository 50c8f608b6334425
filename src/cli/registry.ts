/** What can be asked at the command line, in the order the help tells it. */
import { auditErase } from './audit-erase.ts';
import { auditExport } from './audit-export.ts';
import { auditResume } from './audit-resume.ts';
import { auditVerify } from './audit-verify.ts';
import { doctor } from './doctor.ts';
import { requestsCancel } from './requests-cancel.ts';
import { requestsGiveUp } from './requests-give-up.ts';
import { requestsList } from './requests-list.ts';
import { requestsRetry } from './requests-retry.ts';
import { requestsShow } from './requests-show.ts';
import { requestsStop } from './requests-stop.ts';
import type { Subcommand } from './subcommand.ts';

export const subcommands: readonly Subcommand[] = [
  requestsList,
  requestsShow,
  requestsCancel,
  requestsStop,
  requestsRetry,
  requestsGiveUp,
  auditVerify,
  auditExport,
  auditErase,
  auditResume,
  doctor,
];
