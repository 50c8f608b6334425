import { diagnosisTable } from '../../../../src/operator/cli/words/diagnosis-table.ts';
import type { Diagnosis } from '../../../../src/operator/rpc/diagnosis.ts';

const nothing = { found: '', mend: '', who: '', commands: [] };
const well: Diagnosis = {
  ...nothing,
  code: 'people/agent',
  outcome: 'ok',
  subject: '病院-agent',
  found: 'the first rule\napplies',
};
const ill: Diagnosis = {
  ...nothing,
  code: 'azure/sign-in',
  outcome: 'fail',
  subject: 'Azure',
  found: 'no answer',
  mend: 'Look at AZURE_CLIENT_ID.',
};

it('has a line for each subject, what to do below those that are not well, and the sum', () => {
  expect(diagnosisTable([well, ill])).toBe(
    [
      'ok    病院-agent  the first rule applies',
      'fail  Azure       no answer (azure/sign-in)',
      '                  → Look at AZURE_CLIENT_ID.',
      '1 failure, 0 warnings.',
    ].join('\n'),
  );
  expect(diagnosisTable([well])).toMatch(/^ok {4}病院-agent {2}.*\nNo problems found\.$/);
});

it('has the commands at the end, failures first, each under the number that its line carries, and who can run it', () => {
  const unseen: Diagnosis = {
    ...ill,
    code: 'teams/channel',
    outcome: 'unknown',
    subject: 'Teams',
    commands: ['az bot show'],
  };
  const mended: Diagnosis = { ...ill, who: 'an owner', commands: ['az ad app list', 'cmk-bot setup'] };
  expect(diagnosisTable([unseen, mended])).toBe(
    [
      '?     Teams  no answer (teams/channel)',
      '             → Look at AZURE_CLIENT_ID. [2]',
      'fail  Azure  no answer (azure/sign-in)',
      '             → Look at AZURE_CLIENT_ID. [1]',
      '1 failure, 0 warnings, 1 not checked.',
      '',
      'What to do, in this order. You can copy each command.',
      '',
      '[1] fail  azure/sign-in  Azure',
      '    Who: an owner',
      '    az ad app list',
      '    cmk-bot setup',
      '',
      '[2] ?     teams/channel  Teams',
      '    az bot show',
    ].join('\n'),
  );
  expect(diagnosisTable([unseen])).toContain('No problems in what was checked, 1 not checked.');
});
