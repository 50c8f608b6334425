import { createContext, Script } from 'node:vm';
import { expect, test } from '@jest/globals';
import { allowedBy } from '../../src/azure/arm/permissions.ts';
import { ownResource, sameSpelling, vaultKind } from '../../src/azure/arm/resource-ids.ts';
import { scopeCovers } from '../../src/azure/arm/role-assignments.ts';
import { azureErrorIn } from '../../src/azure/connection/error-body.ts';
import { Exchange, type HttpAnswer, retryAfterOf } from '../../src/azure/connection/exchange.ts';
import { readFailure } from '../../src/azure/connection/failures.ts';
import { defaultLimits } from '../../src/azure/connection/limits.ts';
import { isSearchable, kqlString } from '../../src/azure/kql.ts';
import { judge } from '../../src/domain/check.ts';
import type { Effect } from '../../src/domain/effect.ts';
import { ArmId, FormId, KeyName, KeyVersion, PersonId, RequestId } from '../../src/domain/ids.ts';
import { RefusalCode } from '../../src/domain/request/refusal.ts';
import { chooseNewKey } from '../../src/operations/choose.ts';
import { FormInputs } from '../../src/operations/pages/page.ts';
import { csvRow } from '../../src/operator/cli/csv.ts';
import { textTable as columns, indent, printable } from '../../src/operator/cli/words/table.ts';
import { CardClick, CardSearch, InboundActivity, parseMessage, senderOf } from '../../src/teams/bot/activity.ts';
import { bold, label, mention, plain, plainLines } from '../../src/teams/cards/plain-text.ts';
import { checkWords } from '../../src/text/checks.ts';
import { regionWords, scopeWords } from '../../src/text/places.ts';
import { refusalWords } from '../../src/text/refusals.ts';
import { effectWords } from '../../src/text/steps.ts';
import { changeOf } from '../support/builders/fixtures.ts';

/**
 * Everything that reads outside text is through 200 kB of it long before the watchdog ends it. A pattern that tries every split of what it
 * was given takes minutes, or never ends; then one message stands still everybody's bot.
 */

const now = new Date('2026-03-02T12:00:00.000Z');
const context = { doing: 'reading', dependsOnGrant: true, now };

const azureError = (text: string) =>
  JSON.stringify({ error: { code: text, message: text, innererror: { code: text }, details: [{ code: text }] } });
const answer = (body: string, header = ''): HttpAnswer => ({
  method: 'GET',
  change: false,
  status: 400,
  body,
  header: () => header,
});
const exchangeWith = (body: string): Exchange =>
  Object.assign(new Exchange(defaultLimits, () => now, 1_000), { last: answer(body) });
const restError = Object.assign(new Error('x'), { name: 'RestError' });
const person = '20000000-0000-4000-8000-000000000001';
const activity = (text: string) => ({
  type: text,
  id: text,
  text,
  channelId: 'msteams',
  serviceUrl: `http://localhost/${text}`,
  from: { id: text, name: text, aadObjectId: text },
  recipient: { id: text },
  conversation: { id: text, tenantId: text },
});
const keyNamed = (text: string) => ({ vaultUri: text, keyName: text, keyVersion: text });
const effect = (text: string): Effect => ({
  change: 'customer-key',
  target: text as ArmId,
  to: { vaultUri: text, keyName: text as KeyName, keyVersion: text as KeyVersion },
  before: keyNamed(text),
});

/** Everything that reads text from outside, by what it reads. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'an activity': (text) => [InboundActivity.safeParse(activity(text)), senderOf(activity(text), 'local')],
  'a click': (text) => CardClick.safeParse({ action: { verb: text, data: { formId: text, requestId: text } } }),
  'a search': (text) => CardSearch.safeParse({ queryText: text, dataset: text }),
  'a typed message': (text) =>
    [text, `/enable-cmk resource=${text}`].map((one) =>
      parseMessage(one, [{ type: 'mention', text, mentioned: { id: '28:bot' } }], '28:bot'),
    ),
  'the inputs of a form': (text) => FormInputs.safeParse({ resource: text, keyExpiry: text, justification: text }),
  'a new key': (text) => chooseNewKey({ newKeyName: text, keyType: text, keySize: text, keyExpiry: text }, now),
  ids: (text) => [ArmId, FormId, KeyName, KeyVersion, PersonId, RequestId].map((one) => one.safeParse(text)),
  'the id of a resource': (text) => [
    ArmId.safeParse(`/subscriptions/${person}/resourceGroups/${text}`),
    ownResource('reading', text as ArmId, vaultKind, [text]),
  ],
  'a region or a scope': (text) => [sameSpelling(text), regionWords(text), scopeWords(text), scopeCovers(text, text)],
  'an action of a role': (text) =>
    allowedBy([{ actions: [text], notActions: [text], dataActions: [], notDataActions: [] }]).action(
      'Microsoft.HealthBot/healthBots/write',
    ),
  'a name in a query': (text) => isSearchable(text) && kqlString(text),
  'a text on a card': (text) => [
    plain(text, 2_000),
    bold(text),
    plainLines(text, 3_000),
    label(text),
    mention('29:x', text),
  ],
  'the words of a check': (text) =>
    [
      judge('block', 'locked', { locks: [{ name: text, scope: text }] }),
      judge('block', 'bot-not-allowed', { actions: [text], dataActions: [text] }),
      judge('block', 'other-tenant', { tenantId: text }),
      judge('warn', 'other-region', { resource: text, vault: text }),
      judge('block', 'key-name-taken', { name: text }),
      judge('block', 'key-moved', { key: keyNamed(text), expected: keyNamed(text) }),
    ].map(checkWords),
  'the words of an effect': (text) => effectWords(effect(text)),
  'the words of a refusal': (text) =>
    RefusalCode.options.map((code) => refusalWords({ kind: 'refused', code, fact: text })),
  'an error of Azure': (text) => [
    azureErrorIn(answer(text)),
    readFailure(restError, exchangeWith(azureError(text)), context),
  ],
  'a refused sign-in': (text) =>
    readFailure(Object.assign(new Error(text), { name: 'AuthenticationError' }), exchangeWith(''), context),
  'a time to wait': (text) => retryAfterOf(answer('', text), now),
  'a row of the export': (text) => csvRow(changeOf(text)),
  'a line on the terminal': (text) => [
    printable(text),
    indent(text),
    columns([
      [text, text],
      ['a', text],
    ]),
  ],
};

/** What patterns trip over when it is repeated. */
const atoms = [
  'a',
  'A',
  '0',
  ' ',
  '\t',
  '\n',
  '\r\n',
  '\u00a0',
  '\u2028',
  '; ',
  ' a=',
  ' a="',
  ' on /',
  'x on /y; ',
  '; x on ',
  ...String.raw`/ // \ * *a ** . .. ../ : :1 ; & &# &a &a; - = + # > < </ <at <at> { {{ $ } [ ]( ! ~ _ " ' a=`.split(
    ' ',
  ),
  '${',
  '`',
  'access ',
  'permissions ',
  'does not have ',
  ' in ',
  'Forbidden',
  'Key Vault ',
  ', expires ',
  `${'0'.repeat(32)} in `,
  ` ${'0'.repeat(32)} in `,
  '2020-01-01',
  ' first version in ',
  '/providers/x/y/z',
  '/healthBots/',
  '/vaults/',
  'northeurope',
  'us',
  'AADSTS',
  'CMK-',
  'a\u0301',
  '\u0301',
  '\u200d',
  '\u202e',
  '\ue000',
  '\ud83d',
  '👩‍⚕️',
  'é',
  'ſ',
];
const place: { run?: () => unknown } = createContext({});
const script = new Script('run()');
const size = 200_000;
const watchdogMs = 20_000;

function ends(run: () => unknown): boolean {
  place.run = run;
  try {
    script.runInContext(place, { timeout: watchdogMs });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false;
    throw error;
  }
}

test.each(Object.entries(readers))('%s is read to its end, whatever is repeated in it', (_what, read) => {
  const texts = atoms.flatMap((atom) => ['', '!', '\n'].map((end) => atom.repeat(Math.ceil(size / atom.length)) + end));
  expect(texts.filter((text) => !ends(() => read(text))).map((text) => text.slice(-40))).toEqual([]);
});
