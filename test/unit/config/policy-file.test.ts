import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configWarnings, readConfig } from '../../../src/config/config.ts';
import { ConfigurationError } from '../../../src/config/env.ts';

const folder = mkdtempSync(join(tmpdir(), 'policy-'));
const file = join(folder, 'policy.json');
afterAll(() => rmSync(folder, { recursive: true }));

const [one, two, three] = ['1', '2', '3'].map((n) => `60000000-0000-4000-8000-00000000000${n}`);
const hour = 3_600_000;

const environment = {
  CMK_MODE: 'local',
  MicrosoftAppTenantId: one,
  DATABASE_URL: 'postgres://db/cmk',
  CMK_SEAL_KEY_FILE: '/mnt/seal/key',
  CMK_SUBSCRIPTIONS: one,
  CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
  CMK_AUDIT_CHANNEL: 'none',
  CMK_REQUESTERS: one,
  CMK_APPROVERS: two,
  CMK_POLICY_FILE: file,
};

function read(content: unknown, change: NodeJS.ProcessEnv = {}) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readConfig({ ...environment, ...change });
}
const readRules = (...rules: unknown[]) => read({ rules });

/** What the complaint says, line by line. */
function mistakes(content: unknown, change: NodeJS.ProcessEnv = {}): string[] {
  try {
    read(content, change);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}
const mistakesIn = (...rules: unknown[]) => mistakes({ rules });

const whole = {
  name: 'production',
  match: { subscriptions: [one], resourceGroups: ['rg-care-*'], resources: ['triage-*'] },
  requesters: [one],
  approvers: [two, three],
  approvalsRequired: 2,
  approvalExpiry: '24h',
  extraApprovalForIrreversible: true,
  vaults: [{ names: ['kv-hospital-*'] }, { subscriptions: [two], resourceGroups: ['rg-keys'] }],
  requireNewKey: true,
};

describe('a policy file', () => {
  it('is read with everything a rule can say', () => {
    const { approvalExpiry: _, ...said } = whole;
    expect(readRules(whole).policy.rules).toEqual([{ ...said, expiryMs: 24 * hour }]);
  });

  it('leaves to the environment what a rule does not say', () => {
    const { policy } = readRules({ name: 'test', match: { resources: ['*-test'] } });
    const settings = {
      requesters: [one],
      approvers: [two],
      approvalsRequired: 1,
      expiryMs: 72 * hour,
      extraApprovalForIrreversible: false,
      vaults: [{}],
      requireNewKey: false,
    };
    expect(policy.rules).toEqual([{ name: 'test', match: { resources: ['*-test'] }, ...settings }]);
    expect(policy.otherwise).toEqual({ name: 'environment', match: {}, ...settings });
  });

  it('has rules by tag of their own, which hold nothing they do not say', () => {
    const match = { resources: ['triage-*'], tags: { environment: 'production', owner: ['care', 'ward'] } };
    const { policy } = read({
      rules: [{ name: 'tagged', match, approvalsRequired: 2 }, whole],
      trustedTags: ['Owner'],
    });
    expect(policy.rules.map(({ name }) => name)).toEqual(['production']);
    expect(policy.tagRules).toEqual([
      {
        name: 'tagged',
        match: { resources: ['triage-*'], tags: { environment: ['production'], owner: ['care', 'ward'] } },
        approvalsRequired: 2,
      },
    ]);
    expect(policy.trustedTags).toEqual(['Owner']);
  });

  it('whose rules by tag hold whatever the tags are says so at the start', () => {
    const tagged = { name: 'tagged', match: { tags: { environment: 'production' } }, approvalsRequired: 2 };
    const [warning, ...others] = configWarnings(readRules(tagged));
    expect(warning).toMatch(
      /^policy rule tagged applies to every agent .* whatever the value of tag environment is: .*trustedTags/,
    );
    expect(others).toEqual([]);
    expect(configWarnings(read({ rules: [tagged], trustedTags: ['environment'] }))).toEqual([]);
  });
});

const orRemove = 'or remove it to use the environment’s setting';
const unknown = 'isn’t a known field. Known fields';

describe('a start is refused', () => {
  it('when the file is not there or is not JSON', () => {
    expect(mistakes({ rules: [whole] }, { CMK_POLICY_FILE: join(folder, 'none.json') })).toEqual([
      expect.stringMatching(/^CMK_POLICY_FILE: cannot be read: ENOENT.*none\.json/),
    ]);
    expect(mistakes('{"rules": [}')).toEqual([expect.stringMatching(/^CMK_POLICY_FILE: .*policy\.json is not JSON: /)]);
  });

  it.each<[unknown, string]>([
    [{ rules: [] }, 'rules is empty; write a rule, or leave CMK_POLICY_FILE out'],
    [{ rules: [whole], default: {} }, `default ${unknown}: rules, trustedTags, changeReference`],
    ...['CHG(', 'CHG[0-9]{7})|(?:.*', '(CHG)\\1', 'CHG(?=[0-9])'].map((pattern): [unknown, string] => [
      { rules: [{ name: 'one' }], changeReference: { pattern } },
      'changeReference.pattern must be a regular expression in RE2 syntax for the whole change number, such as CHG[0-9]{7}',
    ]),
    [
      '{"rules":[{"name":"one","approvalsRequired":3,"approvalsRequired":1}]}',
      'rules[0].approvalsRequired is there twice; remove one',
    ],
    ['{"rules":[{"name":"one"}],"trustedTags":["a"],"rules":[]}', 'rules is there twice; remove one'],
    [
      { rules: [whole], changeReference: { pattern: 'CHG', needed: true } },
      `changeReference.needed ${unknown}: pattern, required`,
    ],
  ])('for %j', (content, message) => expect(mistakes(content)).toEqual([`CMK_POLICY_FILE: ${message}`]));

  it.each<[object, string]>([
    [
      { approver: [two] },
      'approver isn’t a known field. Known fields: name, match, requesters, approvers, approvalsRequired, approvalExpiry, extraApprovalForIrreversible, vaults, requireNewKey',
    ],
    [{ approvers: [] }, `approvers is empty; name a group or a person, ${orRemove}`],
    [{ approvers: [two, 'everybody'] }, 'approvers[1] must be an Entra group id or object id'],
    [{ approvalsRequired: 0 }, 'approvalsRequired must be a whole number from 1 to 10'],
    [{ name: undefined }, 'name is missing; cards and evidence show the name'],
    [{ name: 'Environment' }, 'name is taken by the environment’s settings (environment); choose another name'],
    [{ vaults: [] }, `vaults is empty; permit a vault, ${orRemove}`],
    [
      { vaults: [{ subscriptions: ['care'] }] },
      'vaults[0].subscriptions[0] must be a subscription id, or * for every one',
    ],
  ])('for %j', (change, message) => {
    expect(mistakesIn({ ...whole, ...change })).toEqual([`CMK_POLICY_FILE: rules[0].${message}`]);
  });

  it('for a rule that never applies', () => {
    expect(mistakesIn({ name: 'all', match: { resources: ['*'] } }, whole)).toEqual([
      'CMK_POLICY_FILE: rules[1] never applies: rules[0] (all) comes first and matches all its agents. Move it up, or remove it',
    ]);
    expect(mistakesIn(whole, { name: 'all' })).toEqual([]);
    const tagged = { name: 'tagged', match: { tags: { a: 'b' } }, approvalsRequired: 2 };
    expect(mistakesIn({ name: 'all' }, tagged)).toEqual([]);
    expect(mistakesIn(tagged, whole)).toEqual([]);
  });

  it('for a rule by tag that says nothing, and for a trusted tag that no rule looks at', () => {
    expect(mistakesIn({ name: 'tagged', match: { tags: { a: 'b' } } })).toEqual([
      'CMK_POLICY_FILE: rules[0] adds nothing: a rule with tags makes other rules stricter. Add a stricter value, or remove the rule',
    ]);
    expect(mistakes({ rules: [whole], trustedTags: ['environment'] })).toEqual([
      'CMK_POLICY_FILE: trustedTags[0] is a tag that no rule uses. Remove it, or add the rule',
    ]);
  });
});

describe('signing in anew to approve', () => {
  const [app, secret] = [three, 'x'];
  const on = {
    ...{ CMK_STEP_UP: 'c1', CMK_STEP_UP_APP_ID: app, CMK_STEP_UP_APP_SECRET: secret },
    CMK_PUBLIC_URL: 'https://bot.example.org',
  };
  const production = {
    ...{ CMK_MODE: undefined, MicrosoftAppId: three, MicrosoftAppType: 'SingleTenant', MicrosoftAppPassword: 'x' },
    ...{ DATABASE_URL: 'postgres://db/cmk', CMK_SEAL_KEY_FILE: '/mnt/seal/key' },
    CMK_POLICY_FILE: '',
  };
  const warned = (change: NodeJS.ProcessEnv) =>
    configWarnings(readConfig({ ...environment, ...change })).filter((one) => one.includes('CMK_STEP_UP'));

  it('is part of the policy’s version, with its context and its age', () => {
    const versions = [{}, on, { ...on, CMK_STEP_UP: 'c2' }, { ...on, CMK_STEP_UP_MAX_AGE: '5m' }].map(
      (change) => readConfig({ ...environment, CMK_POLICY_FILE: '', ...change }).policy.version,
    );
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('is missed at the start in production, and nowhere else', () => {
    expect(warned(production)).toEqual([expect.stringMatching(/^a click in Teams is enough to approve/)]);
    expect(warned({ ...production, ...on })).toEqual([]);
    expect(warned({ CMK_POLICY_FILE: '' })).toEqual([]);
  });
});

describe('the policy version', () => {
  const version = (...rules: unknown[]) => readRules(...rules).policy.version;

  it('changes with everything a rule says, and with the order of rules', () => {
    const other = { ...whole, name: 'other', match: { resources: ['ward-*'] } };
    const versions = [
      readConfig({ ...environment, CMK_POLICY_FILE: '' }).policy.version,
      version(whole),
      version({ ...whole, name: 'prod' }),
      version({ ...whole, match: { ...whole.match, resources: ['triage-*', 'ward-*'] } }),
      version({ ...whole, requesters: [three] }),
      version({ ...whole, approvers: [two] }),
      version({ ...whole, approvalsRequired: 3 }),
      version({ ...whole, approvalExpiry: '25h' }),
      version({ ...whole, extraApprovalForIrreversible: false }),
      version({ ...whole, match: { ...whole.match, tags: { a: 'b' } } }),
      read({ rules: [{ ...whole, match: { ...whole.match, tags: { a: 'b' } } }], trustedTags: ['a'] }).policy.version,
      version(whole, other),
      version(other, whole),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('changes with what a rule leaves to the environment, and stays when only the writing changes', () => {
    const { approvalsRequired: _left, ...without } = whole;
    const reread = (text: string) => read(text).policy.version;
    expect(version(without)).not.toBe(read({ rules: [without] }, { CMK_APPROVALS_REQUIRED: '5' }).policy.version);
    expect(reread(JSON.stringify({ rules: [whole] }, null, 4))).toBe(version(whole));
  });
});
