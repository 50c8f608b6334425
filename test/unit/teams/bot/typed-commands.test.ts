import { refuse } from '../../../../src/domain/request/refusal.ts';
import { parseMessage } from '../../../../src/teams/bot/parse-message.ts';
import { noCommandCard, resultCard } from '../../../../src/teams/bot/typed-commands.ts';
import { executesOf, textsOf } from '../../../contract/card-walk.ts';
import { commandWorld } from '../../../support/builders/command-world.ts';
import { requester } from '../../../support/builders/fixtures.ts';

const options = {
  commandPorts: commandWorld().ports,
  lists: { open: async () => refuse('no-role') },
  auditChannel: true,
};
const somebody = (asks: boolean) => ({ person: requester, roles: { kind: 'roles', asks, approves: !asks } as const });
const typed = (text: string) => parseMessage(text, [], '');
const buttonsOf = (card: { readonly body: unknown }) =>
  executesOf(card.body).map(({ title, verb, data }) => [title, verb, data]);

it('a typo is answered with what was meant as a button, and in words for clients without one', () => {
  const card = noCommandCard(options, somebody(true), typed('/enabel-cmk triage-agent-prod'));
  expect(textsOf(card)).toContain('Did you mean **/enable-cmk triage-agent-prod**?');
  expect(card.fallbackText).toBe('There is no /enabel-cmk. Did you mean /enable-cmk triage-agent-prod?');
  expect(buttonsOf(card)).toEqual([
    ['Yes, start', 'typed.meant', { text: '/enable-cmk triage-agent-prod' }],
    ['All commands', 'typed.help', {}],
  ]);
});

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
