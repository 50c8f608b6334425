import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readConfig } from '../../src/config/config.ts';
import { readEnvFile } from '../../src/config/env-file.ts';
import { policyFileSchema } from '../../src/config/policy-file.ts';
import {
  environmentExample,
  environmentSchema,
  variableGroups,
  variableLists,
} from '../../src/config/settings/table.ts';
import { mostChanges } from '../../src/domain/request/decide-change.ts';
import { RequestState } from '../../src/domain/request/payloads.ts';
import { longestText } from '../../src/domain/request/request-command.ts';
import { maxStartAheadMs } from '../../src/domain/request/start-window.ts';
import { commands } from '../../src/operations/commands/registry.ts';
import { checkSettings } from '../../src/operator/check-settings.ts';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');
const settingsPage = readFileSync(new URL('docs/install/settings.md', root), 'utf8');

/** Writes the file anew where that is asked for. */
function holds(file: string, was: string, made: string): void {
  if (process.env.UPDATE_GOLDEN === '1' && was !== made) writeFileSync(new URL(file, root), made);
  else expect(was).toBe(made);
}

describe('what is said of variables', () => {
  const settings = variableGroups.flatMap((group) => group.settings);

  test('is said of every variable that is read, once, and of no other', () => {
    const named = settings.flatMap(({ names }) => Object.keys(names));
    expect([...named].sort()).toEqual(Object.keys(environmentSchema.shape).sort());
  });

  test('shows for each an example that the schema takes', () => {
    const schemas = new Map<string, { safeParse(value: string): { success: boolean } }>(
      Object.entries(environmentSchema.shape),
    );
    const examples = settings.flatMap(({ names }) => Object.entries(names));
    const taken = examples.filter(([name, example]) => schemas.get(name)?.safeParse(example).success);
    expect(taken).toEqual(examples);
  });

  test('is what docs/install/settings.md says', () => {
    const lists = /(?<=<!-- made: settings -->\n\n)[\s\S]*(?=\n<!-- \/made -->)/;
    holds(
      'docs/install/settings.md',
      settingsPage,
      settingsPage.replace(lists, () => variableLists()),
    );
  });

  test('is what .env.example says', () => {
    holds('.env.example', readFileSync(new URL('.env.example', root), 'utf8'), environmentExample());
  });

  test('makes a whole production configuration of the example, with a witness or without', async () => {
    const example = readEnvFile(fileURLToPath(new URL('.env.example', root)));
    const commented = (name: string): string =>
      new RegExp(`^#${name}=(.*)$`, 'm').exec(environmentExample())?.[1] ?? '';
    const names = ['CMK_ANCHOR', 'CMK_LOG_KEY_FILE', 'CMK_WITNESSES', 'CMK_WITNESSES_NEEDED'];
    const [config, witnessed] = [{}, Object.fromEntries(names.map((name) => [name, commented(name)]))].map((more) =>
      readConfig({ ...example, ...more }),
    );
    expect([config?.server.mode, witnessed?.anchor?.witnesses.length]).toEqual(['production', 1]);
    for (const one of [config, witnessed]) expect(one && (await checkSettings(one))).toEqual([]);
  });
});

describe('pages of reference', () => {
  test('shows a policy file that is read', () => {
    const page = readFileSync(new URL('docs/install/set-the-approval-policy.md', root), 'utf8');
    const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
    const { rules } = policyFileSchema.parse(JSON.parse(example));
    expect(rules.map((rule) => rule.name)).toEqual(['research', 'tests', 'patient-facing']);
    // Between them the rules show every setting there is.
    const inside = (rule: (typeof rules)[number]) =>
      [rule.match, ...(rule.vaults ?? [])].flatMap((one) => Object.keys(one));
    const shown = new Set(rules.flatMap((rule) => [...Object.keys(rule), ...inside(rule)]));
    const { shape } = policyFileSchema.shape.rules.element;
    const vaults = shape.vaults.unwrap().element.shape;
    const every = [shape, shape.match.unwrap().shape, vaults].flatMap((one) => Object.keys(one));
    expect([...shown].sort()).toEqual([...new Set(every)].sort());
  });

  test('names every command of Teams, and no other', () => {
    const page = readFileSync(new URL('docs/use/commands-and-states.md', root), 'utf8');
    const named = [...page.matchAll(/^\| `(\/[\w-]+).*` \| [a-z]/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(commands.map((command) => command.name).sort());
  });

  test('names every state of a request, and no other', () => {
    const page = readFileSync(new URL('docs/use/commands-and-states.md', root), 'utf8');
    const [table = ''] = (page.split('## States')[1] ?? '').split('## Steps');
    expect([...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)).toEqual(RequestState.options);
  });

  test('has the limits of the code', () => {
    const page = readFileSync(new URL('docs/install/limits-and-costs.md', root), 'utf8');
    const value = (what: string) => page.split('\n').find((line) => line.startsWith(`| ${what} |`));
    expect(value('reason, comment')).toContain(`| ${longestText} characters`);
    expect(value('edits of a waiting request')).toContain(`| ${mostChanges} |`);
    expect(value('start time')).toContain(` ${maxStartAheadMs / 86_400_000} days`);
    expect(value('approval expiry')).toContain(
      ` ${environmentSchema.shape.CMK_APPROVAL_EXPIRY.parse(undefined) / 3_600_000} hours`,
    );
  });

  test('names every metric of the bot, and no other', () => {
    const folder = new URL('src/observability/', root);
    const sources = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
    const metrics = [...sources.join('\n').matchAll(/'(cmk_\w+)'/g)].map(([, name]) => name);
    const page = readFileSync(new URL('docs/operate/monitor.md#metrics', root), 'utf8');
    expect([...page.matchAll(/^\| `(cmk_\w+)`/gm)].map(([, name]) => name).sort()).toEqual(
      [...new Set(metrics)].sort(),
    );
  });
});

describe('the README', () => {
  test('is at most 120 lines long', () => expect(readme.split('\n').length - 1).toBeLessThanOrEqual(120));
});

describe('the picture of states in docs/explain/architecture.md', () => {
  test('has every state of a request, and no other', () => {
    const page = readFileSync(new URL('docs/explain/architecture.md', root), 'utf8');
    const drawn = [...page.matchAll(/^ {2}(\S+) --> (\w+)/gm)].flatMap(([, from = '', to = '']) => [from, to]);
    const states = new Set(drawn.filter((name) => name !== '[*]').map((name) => name.replaceAll('_', '-')));
    expect([...states].sort()).toEqual([...RequestState.options].sort());
  });
});
