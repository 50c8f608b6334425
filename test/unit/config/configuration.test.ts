import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../../src/config/config.ts';
import { ConfigurationError } from '../../../src/config/env.ts';
import type { environmentSchema } from '../../../src/config/settings/table.ts';

/** What the complaint says, line by line. */
function complaintsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const [, ...lines] = error.message.split('\n');
    return lines.map((line) => line.trim());
  }
  return [];
}

describe('the environment', () => {
  const tenant = '10000000-0000-4000-8000-000000000000';
  const app = '50000000-0000-4000-8000-000000000002';
  const subscription = '40000000-0000-4000-8000-000000000001';

  /** A production environment that holds together. */
  const whole = {
    MicrosoftAppType: 'SingleTenant',
    MicrosoftAppId: app,
    MicrosoftAppPassword: 'secret',
    MicrosoftAppTenantId: tenant,
    DATABASE_URL: 'postgresql://db/cmk',
    CMK_SEAL_KEY_FILE: '/mnt/seal/key',
    CMK_SUBSCRIPTIONS: subscription,
    CMK_APPROVALS_CHANNEL: '19:approvals@thread.tacv2',
    CMK_AUDIT_CHANNEL: '19:audit@thread.tacv2',
  };
  type Change = Partial<Record<keyof typeof environmentSchema.shape, string | undefined>>;
  const read = (change: Change = {}) => readConfig({ ...whole, ...change });

  /** As the simulator's Teams calls: callers are trusted. */
  const local: Change = {
    CMK_MODE: 'local',
    MicrosoftAppId: undefined,
    MicrosoftAppType: undefined,
    MicrosoftAppPassword: undefined,
  };
  const operations = '19:operations@thread.tacv2';
  const sealSecret = 'https://kv-cmk-bot.vault.azure.net/secrets/seal-key';
  const managed = { MicrosoftAppType: 'UserAssignedMSI', MicrosoftAppPassword: undefined };
  const stepUp = { CMK_STEP_UP: 'c1', CMK_PUBLIC_URL: 'https://bot.example.com/' };

  /** The variables that the complaint names, in its order. */
  const named = (change: Change): readonly string[] =>
    complaintsOf(() => read(change)).map((line) => line.split(/[:.]/)[0] ?? '');

  it.each<[string, Change]>([
    ['CMK_LISTEN', { CMK_LISTEN: 'localhost' }],
    ['CMK_TEAMS_SERVICE_URL', { CMK_TEAMS_SERVICE_URL: 'http://localhost.example/' }],
    ['ToBotFromChannelOpenIdMetadataUrl', { ToBotFromChannelOpenIdMetadataUrl: 'http://login.example/metadata' }],
    ['DATABASE_URL', { DATABASE_URL: 'cmk-pg.postgres.database.azure.com' }],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://bot:pass/word@db/cmk' }],
    ['CMK_LOG_KEY_FILE', { CMK_ANCHOR: '/var/lib/anchor' }],
    ['CMK_AUDIT_CHANNEL', { CMK_AUDIT_CHANNEL: undefined }],
    ['CMK_AUDIT_CHANNEL', { CMK_AUDIT_CHANNEL: whole.CMK_APPROVALS_CHANNEL }],
    ['CMK_AUDIT_CHANNEL', { CMK_AUDIT_CHANNEL: operations, CMK_OPERATIONS_CHANNEL: operations }],
    ['DATABASE_URL', { DATABASE_URL: undefined }],
    ['CMK_SEAL_KEY_FILE', { CMK_SEAL_KEY_FILE: undefined }],
    ['CMK_SEAL_KEY_SECRET', { CMK_SEAL_KEY_SECRET: sealSecret }],
    ['MicrosoftAppId', { ...local, CMK_MODE: undefined }],
    // It would look as if callers were checked.
    ['CMK_MODE', { CMK_MODE: 'local' }],
    ['CMK_LISTEN', { ...local, CMK_LISTEN: '0.0.0.0' }],
    ['MicrosoftAppPassword', { MicrosoftAppPassword: undefined }],
    ['CMK_PUBLIC_URL', { CMK_STEP_UP: 'c1' }],
    ['CMK_STEP_UP_APP_ID', { ...stepUp, ...managed }],
    ['CMK_STEP_UP_APP_SECRET', { ...stepUp, CMK_STEP_UP_APP_SECRET: 'alone' }],
    ['CMK_APPROVAL_EXPIRY', { CMK_APPROVAL_EXPIRY: '72' }],
    ['CMK_STEP_UP', { ...stepUp, CMK_STEP_UP: 'on' }],
  ])('refuses a wrong %s: %j', (variable, change) => expect(named(change)).toEqual([variable]));

  it.each<[string, Change]>([
    ['local mode without an app', local],
    ['this machine as the one to listen on', { ...local, CMK_LISTEN: '127.0.0.1' }],
  ])('takes %s', (_what, change) => expect(named(change)).toEqual([]));

  it('a mistyped name stops the start with the closest name', () => {
    const typed = { ...whole, CMK_APPROVAL_REQUIRED: '2' };
    expect(() => readConfig(typed)).toThrow('Did you mean CMK_APPROVALS_REQUIRED?');
  });

  describe('the record', () => {
    it('is sealed with a secret of a vault where one is named', () => {
      for (const secret of [sealSecret, `${sealSecret}/${'0aF'.repeat(10)}00`]) {
        const change = { CMK_SEAL_KEY_FILE: undefined, CMK_SEAL_KEY_SECRET: secret };
        expect(read(change).seals.key).toEqual({ kind: 'secret', id: secret });
      }
      const others = [sealSecret.replace('https', 'http'), sealSecret.replace('secrets', 'keys')];
      const wrong = [
        ...others,
        sealSecret.replace('kv-', 'me@kv-'),
        `${sealSecret}/newest`,
        `${sealSecret}?x`,
        'seal-key',
      ];
      for (const secret of wrong)
        expect(named({ CMK_SEAL_KEY_FILE: undefined, CMK_SEAL_KEY_SECRET: secret })).toContain('CMK_SEAL_KEY_SECRET');
    });

    it('can be overridden by tests, and not in production', () => {
      const overrides = { CMK_TEST_OVERRIDES: '{"metricsEveryMs":250}' };
      expect(readConfig({ ...whole, ...local, ...overrides }).telemetry.metricsEveryMs).toBe(250);
      expect(readConfig({ ...whole, ...overrides }).telemetry.metricsEveryMs).toBe(60_000);
    });
  });

  const at = (url: string) => ({ CMK_WITNESSES: `${url} witness.example/w1+4e689e2d+BAWH` });

  it('witnesses are asked over https, or over http on this machine', () => {
    const local = ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}:7380`);
    for (const url of ['https://witness.example', ...local]) expect([url, named(at(url))]).toEqual([url, []]);
    for (const url of ['http://witness.example', 'http://10.0.0.4:7380', 'http://127.0.0.1.example.org'])
      expect([url, named(at(url))]).toEqual([url, ['CMK_WITNESSES']]);
  });

  it('signing in anew to approve needs an address that browsers reach over https', () => {
    const wrong = ['http://bot.example.com', 'bot.example.com'];
    const odd = ['https://bot.example.com/?a=b', 'https://user:password@bot.example.com'];
    for (const CMK_PUBLIC_URL of [...wrong, ...odd])
      expect(named({ ...stepUp, CMK_PUBLIC_URL })).toEqual(['CMK_PUBLIC_URL']);
  });
});

describe('the policy file', () => {
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

  const mistakes = (content: unknown) => complaintsOf(() => read(content));
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

  const orRemove = 'or remove it to use the environment’s setting';
  const unknown = 'isn’t a known field. Known fields';

  describe('a start is refused', () => {
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
        { rules: [{ ...whole, match: { kinds: ['storage-account'] } }] },
        'rules[0].match.kinds names a kind that CMK_KINDS doesn’t turn on',
      ],
      [
        { rules: [{ name: 'accounts', match: { kinds: ['storage-account'] }, approvers: [two] }] },
        'rules[0] is about other kinds than the settings; name its requesters and approvers',
      ],
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
      [{ match: { kinds: ['agent'] } }, 'match.kinds[0] must be one of: healthcare-agent, storage-account'],
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
        'CMK_POLICY_FILE: rules[1] never applies: rules[0] (all) comes first and matches all its resources. Move it up, or remove it',
      ]);
      expect(mistakesIn(whole, { name: 'all' })).toEqual([]);
      const tagged = { name: 'tagged', match: { tags: { a: 'b' } }, approvalsRequired: 2 };
      expect(mistakesIn({ name: 'all' }, tagged)).toEqual([]);
      expect(mistakesIn(tagged, whole)).toEqual([]);
    });
  });

  const app = three;
  const secret = 'x';
  const on = {
    CMK_STEP_UP: 'c1',
    CMK_STEP_UP_APP_ID: app,
    CMK_STEP_UP_APP_SECRET: secret,
    CMK_PUBLIC_URL: 'https://bot.example.org',
  };

  it('signing in anew to approve is part of the policy’s version, with its context and its age', () => {
    const versions = [{}, on, { ...on, CMK_STEP_UP: 'c2' }, { ...on, CMK_STEP_UP_MAX_AGE: '5m' }].map(
      (change) => readConfig({ ...environment, CMK_POLICY_FILE: '', ...change }).policy.version,
    );
    expect(new Set(versions).size).toBe(versions.length);
  });

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
