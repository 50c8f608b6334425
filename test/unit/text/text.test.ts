import { readdirSync, readFileSync } from 'node:fs';
import { memberMark, type ObservedControl, ownControl } from '../../../src/domain/control.ts';
import type { Failure } from '../../../src/domain/failure.ts';
import { ArmId, KeyName, TenantId } from '../../../src/domain/ids.ts';
import type { KeyImpact } from '../../../src/domain/key-impact.ts';
import type { SignIn } from '../../../src/domain/policy/sign-in.ts';
import { everybody } from '../../../src/teams/cards/views/reader.ts';
import { requestCard } from '../../../src/teams/cards/views/request-card.ts';
import { controlWords, ownControlWords } from '../../../src/text/control.ts';
import { eventWords } from '../../../src/text/events.ts';
import { historyOf } from '../../../src/text/history.ts';
import { impactSections, impactSummary } from '../../../src/text/key-impact.ts';
import { assignmentCommand, grantCondition } from '../../../src/text/permission-remedies.ts';
import { quote } from '../../../src/text/quote.ts';
import { azureRemedies, azureRemedy } from '../../../src/text/remedies.ts';
import { textsOf } from '../../contract/card-walk.ts';
import { asks, decides, eventsAfter, requestAfter } from '../../support/builders/commands.ts';
import { approver, requester, tenant } from '../../support/builders/fixtures.ts';
import { control, controller, planFor } from '../../support/builders/plans.ts';
import { contextAt, names } from '../../support/cards/card-readers.ts';
import { longLife, rotationLife } from '../../support/cards/card-states.ts';

/** What a card says to do: a role of the product's own, who assigns it, and never more access than the change needs. */
describe('remedies', () => {
  type Outside = Exclude<Failure, { readonly source: 'bot' }>;
  const failure = (code: string, message = '', more: Partial<Outside> = {}): Outside =>
    ({
      source: 'azure',
      next: 'ask',
      doing: 'granting',
      code,
      message,
      status: 403,
      retryAfterMs: null,
      clientRequestId: null,
      correlationId: null,
      ...more,
    }) as Outside;

  const vault = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-care-prod';
  const refused = (action: string, scope: string) =>
    `The client 'x' with object id 'y' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid.`;

  interface Role {
    readonly Name: string;
    readonly Actions: readonly string[];
    readonly DataActions: readonly string[];
  }
  // What publishes the audit log is no step of a request.
  const shipped = readdirSync('infra')
    .filter((file) => /^custom-role.*\.json$/.test(file) && !file.includes('publishing'))
    .map((file): Role => JSON.parse(readFileSync(`infra/${file}`, 'utf8')));
  const actions = shipped.flatMap(({ Actions, DataActions }) => [...Actions, ...DataActions]);

  test.each([...new Set(actions)])('the role that a remedy names ships, and has %s', (action) => {
    const remedy = azureRemedy(failure('AuthorizationFailed', refused(action, vault)));
    const named = /the role “(.*?)”( \(condition: .*?\))? to the bot/.exec(remedy)?.[1];
    const role = shipped.find(({ Name }) => Name === named);
    expect([...(role?.Actions ?? []), ...(role?.DataActions ?? [])]).toContain(action);
  });

  test('no remedy suggests more access than needed', () => {
    const all = Object.keys(azureRemedies).map((code) => azureRemedy(failure(code, refused('a/b/write', vault))));
    for (const remedy of all) {
      expect(remedy).not.toMatch(/assign the role (Owner|Contributor|User Access|Key Vault)|open the vault|purge/i);
    }
  });

  describe('the command for a missing role', () => {
    const told = (action: string, scope: string): Outside =>
      failure(
        'AuthorizationFailed',
        `The client 'app' with object id '6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid.`,
      );
    it('names the role, the bot’s identity and the scope', () => {
      expect(assignmentCommand(told('Microsoft.KeyVault/vaults/write', vault))).toBe(
        `az role assignment create --role "CMK bot" --assignee-object-id 6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f --assignee-principal-type ServicePrincipal --scope "${vault}"`,
      );
    });

    it('has the condition of infra/grant-condition.txt in it', () => {
      const whole = (text: string) => text.replaceAll(/'\\''|\s/g, (found) => (found.length > 1 ? "'" : ''));
      const written = whole(readFileSync('infra/grant-condition.txt', 'utf8'));
      expect(whole(grantCondition)).toBe(`'${written}'`);
    });

    it.each([
      ['a scope that a shell would read', told('a/write', '/subscriptions/$(reboot)')],
      ['another refusal', { ...told('a/write', vault), code: 'RequestDisallowedByPolicy' }],
      ['words that name nothing', { ...told('a/write', vault), message: 'Forbidden' }],
    ])('is not made of %s', (_what, failure) => expect(assignmentCommand(failure)).toBeNull());
  });
});

/** Who has control over a key, as the requester and the approver read it. */

const group = (id: string, change: Parameters<typeof controller>[0] = {}) =>
  controller({ id, type: 'group', name: `Group ${id}`, members: 2, people: [], apps: [], ...change });
const bot = controller({ id: 'b', type: 'bot', can: ['change', 'give-access'] });
const person = controller({ id: approver, type: 'person', name: 'Approver', can: ['delete', 'purge'] });
const app = controller({ id: 'a' });

test.each<[Partial<ObservedControl>, string]>([
  [{ controllers: [] }, 'No one else has control over the key.'],
  [{ controllers: [], unseen: ['role-assignments'] }, 'Who has control over the key was not checked.'],
  [
    { controllers: [group('c', { apps: ['1'] }), app, bot], unseen: ['roles'] },
    '1 group (2 people and 1 app), 1 app and this bot have control over the key. Together they can back up or release, change, delete, purge and grant access to the key. Not all were checked.',
  ],
])('control over the key is told with what was not read: %#', (change, words) => {
  expect(controlWords(control(change))).toBe(words);
});

const custodians = group('c', { people: [memberMark('c', requester)] });
const { people: _, apps: __, ...unreadGroup } = group('d');

test.each([
  ['through a group', [app, custodians], 'The requester is one of them, through Group c.'],
  ['directly', [custodians, controller({ id: requester, type: 'person' })], 'The requester is one of them.'],
  ['not', [person, group('d')], ''],
  [
    'perhaps',
    [unreadGroup, app, group('e', { apps: ['1'] })],
    'It isn’t known whether the requester is one of them: the bot couldn’t check the members of 1 group and the owners of 2 apps.',
  ],
])('the requester has control %s', (_how, controllers, words) => {
  const seen = control({ controllers });
  expect(ownControlWords(ownControl(seen, requester), 'The requester')).toBe(words);
  const request = requestAfter(asks(1, planFor({ seen: { control: seen } })));
  const card = textsOf(requestCard('approval', request, contextAt('2026-03-02T12:04:00.000Z', everybody))).join('\n');
  expect(card.includes('The requester has control over this key')).toBe(words.startsWith('The requester is'));
});

const told = historyOf(longLife, names, false);

it('the history lets nothing shine as if it ran that is over', () => {
  expect(historyOf(rotationLife, names, true).filter(({ mark }) => mark === 'now')).toEqual([]);
  const cut = rotationLife.slice(0, rotationLife.findIndex(({ body }) => body.type === 'step-intended') + 1);
  expect(historyOf(cut, names, false).filter(({ mark }) => mark === 'now')).toMatchObject([
    { title: 'Create key version' },
  ]);
  expect(historyOf(cut, names, true).filter(({ mark }) => mark === 'now')).toEqual([]);
});

it('the history quotes nothing that people wrote', () => {
  const written = longLife.flatMap(({ texts }) => Object.values(texts)).filter((text) => text !== null && text !== '');
  expect(written.length).toBeGreaterThan(0);
  const all = told.map(({ title, detail }) => `${title} ${detail}`).join('\n');
  for (const text of written) expect(all).not.toContain(text);
});

const [, approved] = eventsAfter(asks(), decides('approve', approver));

it('an approval within seconds of being asked is said to be one', () => {
  const before = approved?.body;
  if (approved === undefined || before?.type !== 'approved') throw new Error('nothing was approved');
  const detail = (quick: boolean, signIn: SignIn | null = null) => {
    const body = { ...before, data: { ...before.data, required: 2, acknowledgedIrreversible: true, quick, signIn } };
    return eventWords({ ...approved, body }, names, { texts: true }).detail;
  };
  expect(detail(true)).toBe(
    'plan 1111 1111, 1 of 2, accepted what can’t be undone, within 5 seconds after the request',
  );
  expect(detail(false)).toBe('plan 1111 1111, 1 of 2, accepted what can’t be undone');
  const signedIn = { person: approver, tenantId: TenantId.parse(tenant), how: 'teams' } as const;
  const signIn = { ...signedIn, contexts: ['c1'], methods: ['fido'], signedInAt: '2026-03-02T11:58:00.000Z' };
  expect(detail(false, signIn)).toContain('signed in again at 2026-03-02 11:58 UTC (c1)');
});

/** Files below the folder that have the pattern, with the words that match. */
const uses = (folder: string, ending: string, pattern: RegExp): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .flatMap((file) =>
      [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(pattern)].map(([word]) => `${file}: ${word}`),
    );

/** Formats and order by the language of the machine, and days and hours by its time zone. */
const byTheMachine =
  /\.toLocale\w*\(\)|Intl\.\w+\((?:\)|undefined)|\.localeCompare\([^,()]*\)|\.[gs]et(?:FullYear|Month|Date|Day|Hours|Minutes)\(/g;

it('the product depends on no language and no time zone of the machine', () => {
  expect(uses('src', '.ts', byTheMachine)).toEqual([]);
  // Teams' simulator tells the bot the time zone of the person's client. Its page runs in the person's browser.
  const found = uses('sandbox', '.ts', byTheMachine).filter((one) => !one.startsWith('teams/page/'));
  expect(found).toEqual(['teams/activities.ts: Intl.DateTimeFormat()']);
});

const providers = '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care/providers';
const impact: KeyImpact = {
  vault: { id: ArmId.parse(`${providers}/Microsoft.KeyVault/vaults/kv-care`), name: 'kv-care' },
  keyName: KeyName.parse('cmk-care'),
  users: [
    {
      id: `${providers}/Microsoft.Storage/storageAccounts/stcare`,
      name: 'stcare',
      noun: 'storage account',
      keyName: 'cmk-care',
      keyVersion: null,
      identities: ['a'],
    },
  ],
  holders: null,
  unread: [],
  hidden: [],
  observed: { outcome: 'not-configured' },
};
const call = {
  keyName: 'cmk-care',
  keyVersion: '0123456789abcdef0123456789abcdef',
  first: '2026-03-01T12:00:00.000Z',
  last: '2026-03-02T12:00:00.000Z',
  type: 'app',
  name: null,
  members: null,
} as const;

test('says who used the key, whom nothing declares, and who was refused', () => {
  const used: KeyImpact = {
    ...impact,
    observed: {
      outcome: 'read',
      first: '2026-02-01T12:00:00.000Z',
      last: '2026-03-02T12:00:00.000Z',
      users: [
        { ...call, principalId: 'a', resourceId: impact.users[0]?.id.toLowerCase() ?? null, refused: true },
        { ...call, principalId: 'e', resourceId: null, refused: false },
      ],
    },
  };
  const [differences, , observed] = impactSections(used);
  expect(differences?.rows).toEqual([
    {
      mark: 'alarm',
      name: 'App e',
      detail:
        'Used the key, but no listed resource with this identity declares it. Key cmk-care, version 01234567; last on 2026-03-02 12:00 UTC.',
    },
  ]);
  expect(observed?.rows[0]).toEqual({
    mark: 'warn',
    name: 'stcare, identity a',
    detail: 'Refused: key cmk-care, version 01234567; last on 2026-03-02 12:00 UTC.',
  });
  expect(impactSummary(used)).toContain('The log was read from 2026-02-01 12:00 UTC to 2026-03-02 12:00 UTC.');
});

describe('a quotation', () => {
  it.each("” “ \" „ « » ‟ 〞 ＂ ″ ❞ ﹂ 」 ʺ ˝ ˶ ״ 🙷 🙸 ‷ ᳓ ❠ ’’ ‘‘ '' ′′".split(' '))(
    'is not ended by %s in what somebody wrote',
    (mark) => {
      expect(quote(`for the audit${mark} Approved by security. ${mark}`)).toBe(
        '“for the audit’ Approved by security. ’”',
      );
    },
  );
});
