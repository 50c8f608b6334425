import { safeJson } from '../../../src/audit/export-jsonl.ts';
import { parseCanonical } from '../../../src/domain/canonical-json.ts';
import { auditLogSkew, clockSkew, maxSkewMs } from '../../../src/domain/clock-skew.ts';
import { isDatabaseUnavailable, isDriverError, writeRejectionIn } from '../../../src/domain/database-errors.ts';
import { planDigest } from '../../../src/domain/digest.ts';
import { ArmId, PersonId, RequestId, sameArmId, TenantId } from '../../../src/domain/ids.ts';
import { sameVaultUri } from '../../../src/domain/observed.ts';
import { type Plan, planSchema } from '../../../src/domain/plan.ts';
import type { WitnessStatus } from '../../../src/domain/ports/published-log.ts';
import { decideRetry } from '../../../src/domain/retry.ts';
import { isBlank } from '../../../src/domain/strings.ts';
import { isInTrouble, summarizeWitnesses } from '../../../src/domain/witnessing.ts';
import type { WriteRejection } from '../../../src/domain/write-health.ts';
import { StoredChangeSpec } from '../../../src/operations/registry.ts';
import { csvRow } from '../../../src/operator/cli/csv.ts';
import { printable } from '../../../src/operator/cli/words/table.ts';
import { label, mention, message, plain, plainLines } from '../../../src/teams/cards/plain-text.ts';
import { enoughWords } from '../../../src/text/witnesses.ts';
import { failure } from '../../support/builders/commands.ts';
import { changeOf, resourceId, vaultId } from '../../support/builders/fixtures.ts';
import { planFor, ref, resource, spec, vault, wishForNewKey } from '../../support/builders/plans.ts';

it('the parser takes what is nested deeper than a stack of calls', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect(() => parseCanonical(deep)).not.toThrow();
});

describe('the clock', () => {
  const at = (ms: number): Date => new Date(1_800_000_000_000 + ms);

  it('tells a clock that was moved, forward and back', () => {
    expect(clockSkew(at(maxSkewMs + 1), at(0), at(maxSkewMs + 9))).toEqual({ kind: 'clock', aheadMs: maxSkewMs + 1 });
    expect(clockSkew(at(-maxSkewMs - 9), at(0), at(-maxSkewMs - 1))).toEqual({
      kind: 'clock',
      aheadMs: -maxSkewMs - 1,
    });
  });

  it('does not take a database that was slow to answer for a wrong clock', () => {
    expect(clockSkew(at(0), at(2 * maxSkewMs), at(5 * maxSkewMs))).toBeNull();
  });

  it('lets a record be as old as it is, and not far ahead', () => {
    expect(auditLogSkew(null, at(0))).toBeNull();
    expect(auditLogSkew(at(-100 * maxSkewMs).toISOString(), at(0))).toBeNull();
    expect(auditLogSkew(at(maxSkewMs).toISOString(), at(0))).toBeNull();
    expect(auditLogSkew(at(maxSkewMs + 1).toISOString(), at(0))).toEqual({ kind: 'record', aheadMs: maxSkewMs + 1 });
  });
});

const PlanSchema = planSchema(StoredChangeSpec);
const base = planFor();
const madeFirst = planFor({ wished: wishForNewKey(), seen: { key: null, vault: vault({ softDelete: false }) } });

/** The same value with every object's fields the other way round. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, turned(inner)]),
  );
}

// When it fails the code is wrong: approvals that are stored are bound to such values. What is left out, or put in, changes them.
it('the digests, of an existing key and of one that is made first, are those that another program computed', () => {
  expect([planDigest(base), planDigest(madeFirst)]).toEqual([
    'f6178cba7748be433e460484e3484563f693df79f7d55cc10463922da540354c',
    '45f3473a80632e204f0330ca8273a90a8dd3e0300bd6e0e2598ca7d6fa7f0a3f',
  ]);
});

const spelled = (id: string): ArmId =>
  ArmId.parse(id.replace('rg-care', 'RG-Care').replace('/providers/', '/PROVIDERS/'));

it.each<[string, Plan]>([
  ['when fields come in another order', PlanSchema.parse(turned(base))],
  [
    'when steps list their effects in another order',
    { ...madeFirst, steps: madeFirst.steps.map((step) => ({ ...step, effects: step.effects.toReversed() })) },
  ],
  [
    'when Azure spells resources in another case',
    planFor({
      wished: spec({ resource: { ...ref(), id: spelled(resourceId()) }, vaultId: spelled(vaultId) }),
      seen: { resource: resource({ id: spelled(resourceId()) }), vault: vault({ id: spelled(vaultId) }) },
    }),
  ],
  [
    'when what is observed changes without changing the effects',
    planFor({
      seen: { resource: resource({ createdAt: '2023-01-01T00:00:00.000Z' }), vault: vault({ retentionDays: 7 }) },
    }),
  ],
])('the digest stays %s', (_when, plan) =>
  expect([planDigest(base), planDigest(madeFirst)]).toContain(planDigest(plan)),
);

const accepts = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown): boolean =>
  schema.safeParse(value).success;

const misread = [...'ILOU'].map((letter) => `CMK-7F3K9${letter}`);
it.each(['CMK-7F3K9', 'CMK-7F3K9QQ', 'cmk-7f3k9q', ' CMK-7F3K9Q', ...misread])('a request id is not %j', (text) => {
  expect(accepts(RequestId, text)).toBe(false);
});

it('reads Entra ids in any case and keeps them in lower case, so that one person is one id', () => {
  const upper = '20000000-0000-4000-8000-00000000ABCD';
  expect(PersonId.parse(upper)).toBe(upper.toLowerCase());
  expect(TenantId.parse(upper)).toBe(upper.toLowerCase());
  expect(accepts(PersonId, `{${upper}}`)).toBe(false);
  expect(accepts(PersonId, '')).toBe(false);
});

it.each([
  'https://KV-care.vault.azure.net',
  'https://kv-care.vault.azure.net/',
  'https://kv-care.vault.azure.net:443',
  'https://kv-care.vault.azure.net:443/',
])('the vault’s address %s is that of the vault', (address) => {
  expect(sameVaultUri(address, 'https://kv-care.vault.azure.net/')).toBe(true);
  expect(sameVaultUri(address, 'https://kv-care2.vault.azure.net/')).toBe(false);
  expect(sameVaultUri(address, 'https://kv-care.vault.azure.net:8443/')).toBe(false);
});

describe('an ARM id', () => {
  it.each([
    '/subscriptions/x/resourceGroups/rg/providers/p/t/n',
    '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg',
    `${resourceId()}/`,
    `${resourceId()}/half`,
    `${resourceId()}/../other`,
    resourceId().replace('rg-care', '..'),
    `${resourceId()}?api-version=1`,
    `${resourceId()}#part`,
    `${resourceId()}${'a'.repeat(1000)}`,
  ])('is not %j', (text) => expect(accepts(ArmId, text)).toBe(false));

  it('is one resource in whatever case', () => {
    expect(sameArmId(resourceId(), resourceId().toUpperCase())).toBe(true);
    expect(sameArmId(resourceId(), resourceId('bot-other'))).toBe(false);
  });
});

/** Every character that is shown as nothing, asked of the Unicode data that Node brings. */
const ignorable = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((letter) => /\p{Default_Ignorable_Code_Point}/u.test(letter));
const blanks = ['\u2800', '\u{13441}', '\u{13442}', '\u{16FE4}', '\u{1D159}'];
/** They belong to the letter before. */
const joined = /[\p{Cf}\p{M}]/u;
const letters = [...ignorable.filter((letter) => !joined.test(letter)), ...blanks];

it.each<[string, (text: string) => string]>([
  ['a card', plain],
  ['lines of a card', plainLines],
  ['a title', label],
  ['a message to one person', message],
  ['a mention', (text) => mention('29:x', text).text],
  ['the terminal', printable],
  ['the export for spreadsheets', (text) => csvRow(changeOf(text))],
  ['the export', safeJson],
])('no letter hides on %s', (_where, show) => {
  const honest = show('Requester');
  const hidden = letters.filter((letter) => {
    const shown = show(`Reques${letter}ter`);
    return shown === honest || shown.includes(letter);
  });
  expect(hidden.map((letter) => letter.codePointAt(0)?.toString(16))).toEqual([]);
});

it('a text of nothing but such letters, marks and joiners is empty', () => {
  const all = [...ignorable, ...blanks, '\u200B', '\u00A0', '\u3000', '\u2060', '\uFE0F', '\u0301', '\u00AD', '\uE000'];
  expect(all.filter((letter) => !isBlank(` ${letter}${letter}\n`))).toEqual([]);
  expect(isBlank(all.join(''))).toBe(true);
});

it('whatever somebody can read is not', () => {
  for (const text of ['.', 'ok', '病院', 'हाँ', '👍', '👩‍⚕️', '✔️', 'مهم', 'ก็', '한글', '\uFFFD', '-'])
    expect([text, isBlank(text)]).toEqual([text, false]);
});

const limits = { firstWaitMs: 1_000, longestWaitMs: 8_000, waitAttempts: 6, spreadWithinMs: 60_000 };
const waits = (ms: number) => ({ kind: 'wait', ms });
const asks = { kind: 'ask' };
const spent = (spentMs: number, waited = 0, tryMs = 0) => ({ waited, spentMs, tryMs });

const busy = failure({ next: 'wait', status: 429 });
const spreading = failure({ next: 'retry-until' });

it.each([
  ['only a person can mend, whatever Azure says', failure({ next: 'ask', retryAfterMs: 5 }), 1, spent(0), asks],
  ['passes, after a wait', busy, 1, spent(0), waits(1_000)],
  ['passes, after a wait that doubles', busy, 3, spent(0, 2), waits(4_000)],
  ['passes, after the longest wait', busy, 5, spent(0, 4), waits(8_000)],
  ['does not pass by the last attempt', busy, 6, spent(0, 5), asks],
  ['passes when Azure says', { ...busy, retryAfterMs: 30_000 }, 1, spent(0), waits(30_000)],
  ['passes no sooner than the back-off', { ...busy, retryAfterMs: 10 }, 3, spent(0, 2), waits(4_000)],
  ['spreads, however often it was looked for', spreading, 50, spent(52_000), waits(8_000)],
  ['has not spread in its time', spreading, 50, spent(52_001), asks],
  ['would spread beyond its time', { ...spreading, retryAfterMs: 61_000 }, 1, spent(0), asks],
] as const)('a failure that %s', (_what, of, attempt, spentSoFar, expected) => {
  expect(decideRetry(of, attempt, spentSoFar, limits)).toEqual(expected);
});

it.each<[string, WriteRejection | null, boolean]>([
  ['25006', 'read-only', true],
  ['53100', 'disk-full', true],
  ['42501', 'not-allowed', true],
  ['53300', 'server-trouble', true],
  ['08006', null, true],
  ['23505', null, false],
])('the code %s of the database says that it takes nothing (%s), or is away: %s', (code, why, isAway) => {
  const error = Object.assign(new Error('no'), { code });
  expect([writeRejectionIn(error), isDatabaseUnavailable(error)]).toEqual([why, isAway]);
});

it('a database that does not answer is away, but not in the outcome that the engine stored', () => {
  const judge = (error: Error) => [isDriverError(error), isDatabaseUnavailable(error)];
  const words = 'timeout exceeded when trying to connect';
  expect(judge(new Error(words))).toEqual([true, true]);
  expect(judge(new Error(`Step change has exceeded its maximum of 8 retries: Error 1: ${words}`))).toEqual([
    false,
    false,
  ]);
});

const at = new Date('2026-11-26T08:00:00Z');
const now = new Date('2026-11-26T08:03:00Z');
const report = (key: string, more: Partial<WitnessStatus>): WitnessStatus => ({
  key,
  since: at,
  asked: { size: 121, at, outcome: 'signed', detail: '' },
  signed: { size: 121, at },
  contradiction: null,
  told: false,
  ...more,
});
const keys = ['w1+0a+AA', 'w2+0b+BB', 'w3+0c+CC', 'w4+0d+DD'];
const noAnswer = { asked: { size: 121, at, outcome: 'no-answer', detail: '' }, signed: { size: 117, at } } as const;
const known = [
  report('w1+0a+AA', {}),
  report('w2+0b+BB', noAnswer),
  report('w3+0c+CC', { contradiction: { at, detail: '422', note: '' } }),
  // The same name with another key is another witness.
  report('w4+0e+EE', {}),
];

test('those count who signed the newest checkpoint, under the key that is named, and contradict nothing', () => {
  const witnessing = summarizeWitnesses({ keys, needed: 2 }, known);
  expect(witnessing.witnesses.map(({ name, current }) => [name, current])).toEqual([
    ['w1', true],
    ['w2', false],
    ['w3', false],
    ['w4', false],
  ]);
  const later = (hours: number) => new Date(at.getTime() + hours * 3_600_000);
  const inTrouble = (when: Date) =>
    witnessing.witnesses.filter((one) => isInTrouble(one, when)).map(({ name }) => name);
  // One that signs whenever it is asked is in no trouble, however long ago that was.
  expect([inTrouble(now), inTrouble(later(4))]).toEqual([['w3'], ['w2', 'w3']]);
  expect(enoughWords(witnessing)).toBe('1 of 4 witnesses signed the newest checkpoint; 2 are needed: too few');
});
