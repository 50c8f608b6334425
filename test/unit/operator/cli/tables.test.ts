import { diagnosisTable } from '../../../../src/operator/cli/words/report.ts';
import { indent, printable, textTable } from '../../../../src/operator/cli/words/table.ts';
import type { Diagnosis } from '../../../../src/operator/doctor/diagnosis.ts';

it('aligns columns by what is seen, and leaves no spaces at the end', () => {
  expect(
    textTable([
      ['a', 'bb', ''],
      ['ccc', '→', 'd'],
    ]),
  ).toBe('a    bb\nccc  →   d');
  expect(textTable([])).toBe('');
});

it('gives a name as many columns as a terminal gives it', () => {
  const rows = ['病院', 'Zoe\u0301', 'ｎ', 'ab', '🩺'].map((name) => [name, '|']);
  expect(textTable(rows).split('\n')).toEqual(['病院  |', 'Zoe\u0301   |', 'ｎ    |', 'ab    |', '🩺    |']);
});

it('measures what is shown: what could steer a terminal takes a column as a replacement character', () => {
  const shown = printable(
    textTable([
      ['\u001b[31mx', '|'],
      ['a\u200bb', '|'],
      ['abcdef', '|'],
    ]),
  );
  expect(shown.split('\n').map((line) => line.indexOf('|'))).toEqual([8, 8, 8]);
});

it('moves lines that hold something to the right', () => expect(indent('a\n\nb')).toBe('  a\n\n  b'));

it('takes out what could steer a terminal or hide in a line, and nothing else', () => {
  const steering = ['\u001b[31m', '\u009b2J', '\r', '\t', '\u202e', '\u200b', '\u2028', '\u0000'];
  for (const text of steering) expect(printable(`a${text}b\n`)).toMatch(/^a\uFFFD.*b\n$/);
  expect(printable('Zoë “née” → 病院\n')).toBe('Zoë “née” → 病院\n');
});

const nothing = { found: '', mend: '', who: '', commands: [] };
const well: Diagnosis = {
  ...nothing,
  code: 'azure/lists',
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
      'ok    病院-agent  the first rule applies (azure/lists)',
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
