/**
 * Writes what was tried against the product into test/golden/attacks.md, a row for each suite that attacks. Each test is one try;
 * many of them try hundreds of values. Only for `npm run attacks`.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Which suites attack, and what, in the order of the table. */
const attackSuites = {
  'test/unit/domain/policy/vaults.test.ts': 'Vaults of others',
  'test/unit/domain/policy/rules.test.ts': 'Escaping a rule',
  'test/unit/domain/control-change.test.ts': 'Control over the key that others gained',
  'test/unit/workflow/own-key.test.ts': 'A key that replaces the one that the bot created',
  'test/unit/workflow/moved-world.test.ts': 'Azure changed between approval and run',
  'test/unit/teams/bot/decisions.test.ts': 'Deciding and running without permission',
  'test/unit/teams/sign-in/step-up.test.ts': 'Approving without signing in again',
  'test/unit/teams/bot/dialog.test.ts': 'Forms and cards changed on the way',
  'test/unit/teams/ingress/rate-limit.test.ts': 'One person who requests many lists at once',
  'test/unit/workflow/run.test.ts': 'Starts and takeovers with a moved clock or a lost claim',
  'test/unit/audit/verify-py-packs.test.ts': 'Evidence packs: forged or cut',
  'test/long/record-attacks.test.ts': 'Audit log: changed as the database owner',
  'test/long/database-roles.test.ts': 'Audit log: changed as the bot’s database user',
  'test/long/hostile-log-writer.test.ts': 'Published log: written by others',
  'test/long/hostile-writer.test.ts': 'Stored chat state: written as the bot’s database user',
  'test/contract/store-ports.test.ts': 'Each other table: written as its owner',
  'test/long/reading.test.ts': 'Reading without a role',
  'test/unit/teams/ingress/calls.test.ts': 'Calls to the bot that Teams did not make, and floods',
  'test/long/hostile-calls.test.ts': 'Activities, forms and clicks that Teams would not send',
  'test/unit/teams/cards/hostile-words.test.ts': 'Text of people and of Azure, wherever it is shown',
  'test/contract/local-azure-certificate.test.ts': 'Other servers, with the simulator’s certificate authority',
  'test/contract/log-secrets.test.ts': 'Secrets and texts in the log',
  'test/long/wrong-clock.test.ts': 'Wrong clocks',
  'test/long/hostile-growth.test.ts': 'Texts of 200 kB against slow patterns',
};

const database = 'test/contract/store-databases.test.ts';
const policyFile = 'test/unit/config/configuration.test.ts';
const published = 'test/long/published-log.test.ts';
const kinds = 'test/long/hostile-kinds.test.ts';

/** Single attacks that held in no earlier version: each with its suite, and what the names of its tests have in common. */
const attackTests = [
  ['A decision that can’t be published, and the run it started', published, 'can’t be published keeps'],
  ['An answered rejection or stop, removed before it is published', published, 'isn’t forgotten with the process'],
  ['An answered decision, removed after it was published', 'test/long/record-attacks.test.ts', 'the end cut off'],
  ['A replaced seal key, on events, forms and rows', 'test/contract/store-new-key.test.ts', ''],
  ['A replaced log key, given to verify.py', 'test/unit/audit/verify-py.test.ts', 'a replaced key of the log'],
  ['Another clock in the search path of the database', database, 'keeps its own time'],
  ['A start with only one clock past its time', 'test/unit/workflow/run.test.ts', 'clock'],
  ['Seal columns and the row of the migration, dropped', database, 'seals no row'],
  ['A pattern that takes years to match', 'test/unit/domain/policy/policy.test.ts', 'in linear time'],
  ['A pattern that matches only a part of the text, or needs another matcher', policyFile, '"one"}],"changeReference"'],
  ['A policy file with a name twice', policyFile, 'is refused for "{'],
  ['An escalation to the requester and to a stranger', 'test/long/escalation.test.ts', 'attack'],
  ['An approver of agents on an account', 'test/scenario/storage-account.test.ts', 'approver of accounts only'],
  ['Rules without kinds that match an account', kinds, 'nor are their approvers'],
  ['A storage account named like an agent', kinds, 'of one name'],
  ['A kind that is off', kinds, 'that is off'],
  ['A declaration with a wrong path: Azure accepts the key and drops it', kinds, 'accepts and drops'],
  ['An evidence pack, cut at its end', 'test/unit/audit/verify-py-packs.test.ts', 'its last event cut off'],
];

export const attackRows = [...Object.entries(attackSuites).map(([suite, what]) => [what, suite, '']), ...attackTests];
const byOf = (suite, name) => `\`${suite}\`${name && ` “${name}”`}`;

const head = `# What was tried against the product

Each suite attacks the product. \`npm run attacks\` runs all and writes this table.

<!-- attacks: made by npm run attacks -->

| what was tried | tries | outcome | by |
| --- | ---: | --- | --- |
`;

export default class AttackReporter {
  onRunComplete(_contexts, { testResults }) {
    if (process.env.CMK_ATTACKS !== 'write') return;
    const ran = new Map(testResults.map((one) => [path.relative(root, one.testFilePath), one]));
    const rows = attackRows.map(([what, suite, name]) => {
      const all = ran.get(suite)?.testResults ?? [];
      const tests = all.filter(({ status, fullName }) => status !== 'pending' && fullName.includes(name));
      const broken = tests.filter(({ status }) => status !== 'passed').length;
      const outcome = tests.length === 0 ? 'not run' : broken === 0 ? 'all held' : `${broken} did not`;
      return `| ${what} | ${tests.length} | ${outcome} | ${byOf(suite, name)} |\n`;
    });
    writeFileSync(path.join(root, 'test/golden/attacks.md'), `${head}${rows.join('')}\n<!-- /attacks -->\n`);
  }
}
