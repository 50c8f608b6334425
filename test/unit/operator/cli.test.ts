import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { emptyEnvironment } from '../../../src/config/settings/table.ts';
import type { ChainLine } from '../../../src/domain/record/chain.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import { operatorActor } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { readAuditLog } from '../../../src/operator/cli/read-audit-log.ts';
import { requestStory } from '../../../src/operator/cli/requests.ts';
import { ValueNotWritable, withSettings } from '../../../src/operator/cli/setup.ts';
import { diagnosisTable } from '../../../src/operator/cli/words/report.ts';
import { safeNow } from '../../../src/operator/cli/words/safe-now.ts';
import { printable } from '../../../src/operator/cli/words/table.ts';
import type { Diagnosis } from '../../../src/operator/doctor/diagnosis.ts';
import {
  asks,
  attention,
  cancels,
  checks,
  decides,
  expires,
  failedWith,
  intends,
  records,
  requestAfter,
  secondApprover,
  settles,
  stops,
  toApproved,
  toAttention,
  toRunning,
  toSettingKey,
  toSucceeded,
} from '../../support/builders/commands.ts';
import { approver, requester, requestId, tenant } from '../../support/builders/fixtures.ts';
import { noon, planFor, principal, resource, vault } from '../../support/builders/plans.ts';
import { names } from '../../support/cards/card-readers.ts';
import { longLife } from '../../support/cards/card-states.ts';

describe('a file of settings', () => {
  it('keeps what is not set: comments, order and other settings', () => {
    const text = '# who\nA=1\n#B=example\n\nC=3\n';
    expect(withSettings(text, { A: '2', B: 'x', D: '4' })).toBe('# who\nA=2\nB=x\n\nC=3\nD=4\n');
    expect(withSettings(text, { A: null, C: null, E: null })).toBe('# who\n#A=\n#B=example\n\n#C=\n');
  });

  const units = fc.constantFrom(...'a \t#\'"`$=\\n\n\r\0:é\u2028', '\nB=2');
  const value = fc.oneof(fc.string({ unit: units }), fc.string({ unit: 'binary' }));

  it('is read as it was meant whatever stands in a value, or refuses the value, and sets nothing else', () => {
    const before = { A: '1', B: "'", PORT: '7' };
    const file = `${emptyEnvironment()}A=1\nB="'"\nPORT=7\n`;
    fc.assert(
      fc.property(value, value, (first, second) => {
        try {
          const text = withSettings(withSettings(file, { PORT: first }), { CMK_VAULTS: second });
          const given = Object.entries(parseEnv(text)).filter(([, found]) => found !== '');
          const wanted = Object.entries({ ...before, PORT: first, CMK_VAULTS: second }).filter(([, one]) => one !== '');
          expect(Object.fromEntries(given)).toEqual(Object.fromEntries(wanted));
        } catch (error) {
          if (!(error instanceof ValueNotWritable)) throw error;
          // Only what no line can hold is refused.
          const isRefused = (one: string) =>
            /[\n\r\0]/.test(one) || ["'", '"', '`'].every((mark) => one.includes(mark)) || one.includes('\\n');
          expect([first, second, isRefused(first) || isRefused(second)]).toEqual([first, second, true]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('replaces a value of several lines whole', () => {
    const text = 'A="one\nB=2\nthree"\nexport C=3\n';
    expect(withSettings(text, { A: 'new', C: '4' })).toBe('A=new\nC=4\n');
    expect(withSettings(text, { A: null })).toBe('#A=\nexport C=3\n');
    expect(withSettings(text, { D: '5' })).toBe(`${text}D=5\n`);
  });
});

type Source = Parameters<typeof readAuditLog>[0];

const line = (seq: number): ChainLine => ({
  seq,
  request: 'CMK-000001',
  revision: seq,
  cause: `c/${seq}`,
  n: 0,
  body: '{}',
  prev: `${seq - 1}`,
  hash: `${seq}`,
  sealKey: null,
  seal: null,
});

/** A record that grows while it is read: at each look at the head the next of these is its length. */
function growing(...lengths: readonly number[]): Source {
  const left = [...lengths];
  let length = left[0] ?? 0;
  return {
    head: async () => {
      length = left.shift() ?? length;
      return { seq: length, hash: `${length}` };
    },
    lines: async (after, limit) =>
      Array.from({ length: Math.max(0, length - (after ?? 0)) }, (_, index) => line((after ?? 0) + index + 1)).slice(
        0,
        limit,
      ),
    textsOf: async (requests) =>
      requests.map((request) => ({ request, revision: 2, field: 'comment', salt: '00', text: 'yes' })),
  };
}

async function readAll(records: Source) {
  const seqs: number[] = [];
  const texts: number[] = [];
  const events = readAuditLog(records);
  for (;;) {
    const next = await events.next();
    if (next.done) return { seqs, texts, head: next.value.seq };
    seqs.push(next.value.line.seq);
    if (next.value.texts.length > 0) texts.push(next.value.line.seq);
  }
}
const upTo = (length: number): number[] => Array.from({ length }, (_, index) => index + 1);

it('the reader reads page by page up to the head, each text with its event', async () => {
  expect(await readAll(growing(450))).toEqual({ seqs: upTo(450), texts: [2], head: 450 });
});

it('the reader ends where lines are missing, and tells the head that is claimed', async () => {
  const cut: Source = { ...growing(9), lines: async (after) => (after === null ? [line(1), line(2)] : []) };
  expect(await readAll(cut)).toMatchObject({ seqs: [1, 2], head: 9 });
});

const id = requestId(1);

/** The lines of the history in what `cmk-bot requests show` prints. */
function historyLines(): readonly string[] {
  const request = fold(id, longLife);
  if (request === null) throw new Error('the life has no events');
  const story = requestStory(request, longLife, (person) => names(person as never));
  const [, after = ''] = story.split('History (with the number of each event in the audit log)\n');
  return (after.split('\n\n')[0] ?? '').split('\n').map((line) => line.trim());
}

const lineOf = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC {2}(\d+) {2}(\S.*)$/;

it('the story of a request prints each event once, in the order of the audit log, with time and number', () => {
  const printed = historyLines().map((line) => lineOf.exec(line)?.slice(1, 3));
  expect(printed).toEqual(longLife.map(({ time, seq }) => [time.slice(0, 19).replace('T', ' '), `${seq}`]));
});

it('the story of a request prints the commands that the card has as texts and buttons', () => {
  const last = longLife.findLastIndex(({ body }) => body.type === 'attention-needed');
  const events = longLife.slice(0, last + 1);
  const request = fold(id, events);
  if (request === null) throw new Error('the life has no events');
  const story = requestStory(request, events, (person) => names(person as never));
  expect(story).toMatch(/\n {2}az role assignment create --role "CMK bot grants" --assignee-object-id [0-9a-f-]{36} /);
  expect(story).toContain(`and then run “cmk-bot requests retry ${id}”.`);
  expect(story).not.toMatch(/select Retry/i);
});

const states: Record<Request['state'], Request> = {
  'awaiting-approval': requestAfter(asks()),
  approved: requestAfter(...toApproved),
  running: requestAfter(...toRunning),
  'needs-attention': requestAfter(...toAttention),
  succeeded: requestAfter(...toSucceeded),
  failed: requestAfter(...toAttention, settles('give-up', requester, { asking: attention })),
  rejected: requestAfter(asks(), decides('reject', secondApprover)),
  cancelled: requestAfter(asks(), cancels()),
  expired: requestAfter(asks(), expires),
};

const operator = operatorActor('duty');
const command = (verb: 'cancel' | 'stop' | 'retry' | 'give-up', asking: number): Command => ({
  do: verb,
  by: null,
  actor: operator,
  asking,
  roleStatus: 'no',
  requesterStatus: 'no',
  comment: 'No longer wanted',
});

it.each(Object.values(states).map((request) => [request.state, request] as const))(
  'says just what an operator may do when %s',
  (_state, request) => {
    const verbs = (['cancel', 'stop', 'retry', 'give-up'] as const).filter(
      (verb) => decide(request, command(verb, request.asking), noon).kind === 'accepted',
    );
    const { verbs: said, words } = safeNow(request);
    expect(said).toEqual(verbs);
    for (const verb of verbs) expect(words).toContain(`${verb}: `);
    expect(words).not.toBe('');
  },
);

/** Its key may have been set. */
const stuck = [...toSettingKey, intends(1, 'set-cmk'), records(1, failedWith('set-cmk', null))];
const { asking } = requestAfter(...stuck);

it('the summary does not claim that a key is untouched once it may have been set', () => {
  expect(safeNow(states['needs-attention']).words).toContain('This request didn’t change the agent’s key.');
  expect(safeNow(requestAfter(...stuck)).words).toContain('It isn’t known whether the agent’s key changed');
});

it('the summary names what an earlier plan changed while the request waits again, and after it ended', () => {
  const plan = planFor({
    seen: {
      resource: resource({ systemAssigned: true, principalId: principal, tenantId: tenant }),
      vault: vault({ purgeProtection: true }),
      grantHeld: true,
    },
  });
  const left = { [approver]: 'no', [secondApprover]: 'yes' } as const;
  const waits = [...stuck, settles('retry', requester, { asking }), checks({ run: 2, plan, roleStatuses: left })];
  const said = safeNow(requestAfter(...waits)).words;
  expect(said).toContain(
    'Completed in earlier runs: turn on system-assigned identity, assign key access, turn on purge protection.',
  );
  expect(said).not.toContain('Nothing has been changed');
  const { revision } = requestAfter(...waits);
  const ended = safeNow(requestAfter(...waits, cancels(requester, revision))).words;
  expect(ended).toContain('Completed in earlier runs: turn on system-assigned identity');
  const again = [
    decides('approve', approver, { asking: revision }),
    decides('approve', secondApprover, { asking: revision }),
  ];
  const stopped = requestAfter(...waits, ...again, checks({ run: 3, plan }), stops(3));
  expect(safeNow(stopped).words).toContain('3 completed steps stay');
});

it('a table takes out what could steer a terminal or hide in a line, and nothing else', () => {
  const steering = ['\u001b[31m', '\u009b2J', '\r', '\t', '\u202e', '\u200b', '\u2028', '\u0000'];
  for (const text of steering) expect(printable(`a${text}b\n`)).toMatch(/^a\uFFFD.*b\n$/);
  expect(printable('Zoë “née” → 病院\n')).toBe('Zoë “née” → 病院\n');
});

const nothing = { found: '', mend: '', who: '', commands: [] };
const ill: Diagnosis = {
  ...nothing,
  code: 'azure/sign-in',
  outcome: 'fail',
  subject: 'Azure',
  found: 'no answer',
  mend: 'Look at AZURE_CLIENT_ID.',
};

it('a table has the commands at the end, failures first, each under the number that its line carries, and who can run it', () => {
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
