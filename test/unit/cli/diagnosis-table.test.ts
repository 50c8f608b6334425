import { diagnosisTable } from '../../../src/cli/words/diagnosis-table.ts';

it('has a line for each subject, what to do below those that are not well, and the sum', () => {
  const well = { outcome: 'ok', subject: '病院-agent', found: 'the first rule\napplies', mend: '' } as const;
  const ill = { outcome: 'fail', subject: 'Azure', found: 'no answer', mend: 'Look at AZURE_CLIENT_ID.' } as const;
  expect(diagnosisTable([well, ill])).toBe(
    [
      'ok    病院-agent  the first rule applies',
      'fail  Azure       no answer',
      '                  → Look at AZURE_CLIENT_ID.',
      '1 failure, 0 warnings.',
    ].join('\n'),
  );
  expect(diagnosisTable([well])).toMatch(/^ok {4}病院-agent {2}.*\nAll is well\.$/);
});
