/** All subcommands, in the order of the help. */
import { z } from 'zod';
import { auditAskAgain, auditErase, auditResume } from './audit-act.ts';
import { auditExport } from './audit-export.ts';
import { auditPopulation, auditVerify } from './audit-verify.ts';
import { doctor } from './doctor.ts';
import { evidence } from './evidence.ts';
import { guardCheck, guardPrint } from './guard.ts';
import { completionFor, shells } from './help.ts';
import { requestActs, requestsList, requestsShow } from './requests.ts';
import { setup } from './setup.ts';
import { statement } from './statement.ts';
import { argument, exit, type Subcommand, subcommand } from './subcommand.ts';
import { witnessAdd, witnessRun } from './witness.ts';

const completion = subcommand({
  name: 'completion',
  summary: 'prints a script that completes commands and options in your shell',
  examples: ['source <(cmk-bot completion bash)'],
  withoutSettings: true,
  input: z.object({
    shell: argument(z.enum(shells, { error: `must be one of ${shells.join(', ')}` }), [shells.join('|'), 'your shell']),
  }),
  async run({ shell }, { write }) {
    await write(`${completionFor(shell, subcommands)}\n`);
    return exit.done;
  },
});

export const subcommands: readonly Subcommand[] = [
  requestsList,
  requestsShow,
  ...requestActs,
  evidence,
  statement,
  auditVerify,
  auditPopulation,
  auditExport,
  auditErase,
  auditResume,
  auditAskAgain,
  witnessRun,
  witnessAdd,
  doctor,
  guardPrint,
  guardCheck,
  setup,
  completion,
];
