import fc from 'fast-check';
import { refuse } from '../../../../src/domain/request/refusal.ts';
import { parseMessage } from '../../../../src/teams/bot/activity.ts';
import {
  noCommandCard,
  resultCard,
  suggestCommand,
  suggestionOf,
  suggestName,
} from '../../../../src/teams/bot/typed-commands.ts';
import { executesOf } from '../../../contract/card-walk.ts';
import { commandWorld } from '../../../support/builders/command-world.ts';
import { requester } from '../../../support/builders/fixtures.ts';

const options = {
  policy: commandWorld().ports.policy,
  lists: { open: async () => refuse('no-role') },
  auditChannel: 'audit',
};
const somebody = (asks: boolean) => ({ person: requester, roles: { kind: 'roles', asks, approves: !asks } as const });
const typed = (text: string) => parseMessage(text, [], '');
const buttonsOf = (card: { readonly body: unknown }) =>
  executesOf(card.body).map(({ title, verb, data }) => [title, verb, data]);

it('whoever may not ask is offered no form, and may look at a list', () => {
  expect(buttonsOf(noCommandCard(options, somebody(false), typed('/enabel-cmk')))).toEqual([
    ['All commands', 'typed.help', {}],
  ]);
  expect(buttonsOf(noCommandCard(options, somebody(false), typed('/cmk-requsts'))).map(([title]) => title)).toEqual([
    'Yes, show',
    'All commands',
  ]);
});

it('a name that is nearly right is put right by a button', async () => {
  const refusal = { ...refuse('unknown-resource', 'triage-prdo'), near: 'triage-prod' };
  const asks = (text: string, ofWhom = somebody(true)) => resultCard(options, refusal, ofWhom, typed(text));
  expect(buttonsOf(await asks('/enable-cmk triage-prdo'))).toEqual([
    ['Yes, start', 'typed.meant', { text: '/enable-cmk triage-prod' }],
  ]);
  expect(buttonsOf(await asks('/cmk-history triage-prdo', somebody(false)))).toEqual([
    ['Yes, show', 'typed.meant', { text: '/cmk-history triage-prod' }],
  ]);
  expect(buttonsOf(await asks('/enable-cmk something-else'))).toEqual([]);
});

const near = (fact: string, name: string) => ({ ...refuse('unknown-resource', fact), near: name });

it.each([
  ['/enabel-cmk', '/enabel-cmk', '/enable-cmk'],
  ['/enabel-cmk triage-agent-prod', '/enabel-cmk', '/enable-cmk triage-agent-prod'],
  ['rotate cmk agent=x version=new', '/rotate-cmk', '/rotate-cmk agent=x version=new'],
  ['/enabel-cmk vault="a b"', '/enabel-cmk', '/enable-cmk vault="a b"'],
])('%s', (text, wrote, meant) => expect(suggestCommand(typed(text))).toEqual({ wrote, meant }));

it.each(['hello', '/', '', 'help', 'good morning bot'])('%s is near nothing', (text) => {
  expect(suggestCommand(typed(text))).toBeNull();
});

it.each([
  ['status', 'status', '/cmk-status'],
  ['please enable a key for ward agent', 'enable', '/enable-cmk'],
  ['/Rotate', 'rotate', '/rotate-cmk'],
])('%s names a command by its own word', (text, wrote, meant) => {
  expect(suggestCommand(typed(text))).toEqual({ wrote, meant });
});

it('what is too long to be read is offered without what stands behind it', () => {
  expect(suggestCommand(typed(`/enabel-cmk ${'x'.repeat(300)}`))?.meant).toBe('/enable-cmk');
});

it.each([
  ['/enable-cmk triage-prdo', near('triage-prdo', 'triage-prod'), '/enable-cmk triage-prod'],
  [
    '/enable-cmk agent=triage-prdo vault=v',
    near('triage-prdo', 'triage-prod'),
    '/enable-cmk agent=triage-prod vault=v',
  ],
  ['/cmk-requests waitng for me', near('waitng for me', 'waiting for me'), '/cmk-requests waiting for me'],
  ['/cmk-history triage-prdo changes', near('triage-prdo', 'triage-prod'), '/cmk-history triage-prod changes'],
])('%s with the name that is near', (text, refusal, meant) => expect(suggestName(typed(text), refusal)).toBe(meant));

it('nothing is offered where nothing is near, or where the name does not stand', () => {
  expect(suggestName(typed('/enable-cmk x'), refuse('unknown-resource', 'x'))).toBeNull();
  expect(suggestName(typed('/enable-cmk x'), near('y', 'z'))).toBeNull();
  expect(suggestName(typed('/enable-cmk x volt=y'), { ...near('volt=', 'agent='), code: 'not-understood' })).toBeNull();
});

it('what is offered is read back as what was typed but for the one name', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (rest) => {
      const before = typed(`/enabel-cmk ${rest}`);
      const meant = suggestCommand(before)?.meant;
      if (meant === '/enable-cmk') return;
      expect(typed(meant ?? '')).toEqual({ ...before, command: '/enable-cmk' });
    }),
  );
});

it('only its own verbs say something', () => {
  expect(suggestionOf('typed.meant', '/cmk-status ward')?.typed).toEqual(typed('/cmk-status ward'));
  expect(suggestionOf('typed.help', undefined)?.typed).toEqual(typed('/cmk-help'));
  expect(suggestionOf('typed.meant', undefined)).toBeNull();
  expect(suggestionOf('request.approve', '/cmk-status')).toBeNull();
});
