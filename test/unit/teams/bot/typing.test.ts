import { catchFailure, done, failed, type Outcome } from '../../../../src/domain/failure.ts';
import type { ResourceSummary } from '../../../../src/domain/ports/inventory.ts';
import { refuse } from '../../../../src/domain/request/refusal.ts';
import { parseMessage } from '../../../../src/teams/bot/activity.ts';
import { suggestCommand, suggestName } from '../../../../src/teams/bot/suggestions.ts';
import { openTypeaheadCache } from '../../../../src/teams/bot/typeahead-cache.ts';
import { noCommandCard } from '../../../../src/teams/bot/typed-commands.ts';
import { executesOf } from '../../../contract/card-walk.ts';
import { commandWorld } from '../../../support/builders/command-world.ts';
import { failure } from '../../../support/builders/commands.ts';
import { requester } from '../../../support/builders/fixtures.ts';

/** A tenant that is asked for its agents, and a clock that stands still until it is put on. */
function tenant(...names: string[]) {
  const asked: string[] = [];
  const there = [...names];
  let answers: (found: Outcome<readonly ResourceSummary[]>) => Promise<Outcome<readonly ResourceSummary[]>> = async (
    found,
  ) => found;
  let ms = 0;
  const resources = (text: string, top: number) => {
    asked.push(text);
    const found = there.filter((name) => name.toLowerCase().includes(text.toLowerCase())).toSorted();
    return answers(done(found.slice(0, top).map((name) => ({ name }) as ResourceSummary)));
  };
  const choices = openTypeaheadCache({ resources }, () => ms);
  return {
    asked,
    there,
    answer: (as: typeof answers) => {
      answers = as;
    },
    pass: (more: number) => {
      ms += more;
    },
    async typed(text: string, top = 15) {
      const found = await catchFailure(() => choices.containing(text, top));
      return found.ok ? found.value.map(({ name }) => name) : 'failed';
    },
  };
}

const many = Array.from({ length: 1100 }, (_, n) => `bot-${String(n).padStart(4, '0')}`);

it('a search asks for further letters where there are more agents than came', async () => {
  const { typed, asked } = tenant(...many);
  expect(await typed('bot')).toEqual(many.slice(0, 15));
  expect(await typed('bot-02')).toEqual(many.slice(200, 215));
  expect(await typed('bot-024')).toEqual(many.slice(240, 250));
  expect(await typed('bot-0241')).toEqual(many.slice(241, 242));
  expect(asked).toEqual(['', 'bot', 'bot-02', 'bot-024']);
});

it('a search finds an agent that is new, and no more one that is gone, after 15 seconds', async () => {
  const { typed, there, pass } = tenant('triage-prod', 'triage-test');
  await typed('triage');
  there.splice(0, 1, 'triage-new');
  expect(await typed('triage')).toEqual(['triage-prod', 'triage-test']);
  expect(await typed('triage-n')).toEqual([]);
  pass(15_000);
  expect(await typed('triage-n')).toEqual(['triage-new']);
  expect(await typed('triage')).toEqual(['triage-new', 'triage-test']);
});

it('a search keeps no failure', async () => {
  const { typed, asked, answer } = tenant('triage-prod');
  answer(async () => failed(failure()));
  expect(await typed('tri')).toBe('failed');
  answer(async (found) => found);
  expect(await typed('tri')).toEqual(['triage-prod']);
  expect(asked).toEqual(['', '']);
});

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

const near = (fact: string, name: string) => ({ ...refuse('unknown-resource', fact), near: name });

it.each([
  ['/enabel-cmk', '/enabel-cmk', '/enable-cmk'],
  ['/enabel-cmk triage-agent-prod', '/enabel-cmk', '/enable-cmk triage-agent-prod'],
  ['rotate cmk agent=x version=new', '/rotate-cmk', '/rotate-cmk agent=x version=new'],
  ['/enabel-cmk vault="a b"', '/enabel-cmk', '/enable-cmk vault="a b"'],
  ['approve cmk-7f3k9q', 'approve cmk-7f3k9q', '/cmk-requests CMK-7F3K9Q'],
])('%s', (text, wrote, meant) => expect(suggestCommand(typed(text))).toEqual({ wrote, meant }));

it.each([
  ['please enable a key for ward resource', 'enable', '/enable-cmk'],
  ['/Rotate', 'rotate', '/rotate-cmk'],
])('%s names a command by its own word', (text, wrote, meant) => {
  expect(suggestCommand(typed(text))).toEqual({ wrote, meant });
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
