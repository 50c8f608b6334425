/**
 * The policy file (`CMK_POLICY_FILE`): ordered rules in addition to the environment's settings. It's read once, at the
 * start. Every mistake is reported with its place.
 */

import { readFileSync } from 'node:fs';
import { parse, type ValueNode } from '@humanwhocodes/momoa';
import { z } from 'zod';
import { sha256 } from '../domain/canonical-json.ts';
import { compilePattern, type Policy } from '../domain/policy/policy.ts';
import { covers, environmentRule, isTrustedTag, type Rule, type TagRule } from '../domain/policy/rules.ts';
import type { StepUp } from '../domain/policy/sign-in.ts';
import { kindNamed, kinds, usualKinds } from '../operations/resources/registry.ts';
import { messageOf } from './env-file.ts';
import { duration } from './settings/setting.ts';

const listOf = <T extends z.ZodType>(item: T, instead: string) =>
  z.array(item, `must be a list in [ ]; ${instead}`).min(1, `is empty; ${instead}`);

const ids = listOf(
  z.guid('must be an Entra group id or object id'),
  'name a group or a person, or remove it to use the environment’s setting',
);
const anything = 'write what to match, or remove it to match everything';
const pattern = z.string('must be text, in which * means any text').trim().min(1, `is empty; ${anything}`);
const values = z.preprocess((value) => (typeof value === 'string' ? [value] : value), listOf(pattern, anything));

const kindNames = kinds.map(({ name }) => name);
const Kind = z
  .enum(kindNames, `must be one of: ${kindNames.join(', ')}`)
  .transform((name) => kindNamed(name).type.toLowerCase());

const Match = z.strictObject(
  {
    kinds: listOf(Kind, 'name kinds, or remove it to mean healthcare agents').optional(),
    subscriptions: listOf(z.guid('must be a subscription id'), anything).optional(),
    resourceGroups: listOf(pattern, anything).optional(),
    resources: listOf(pattern, anything).optional(),
    tags: z
      .record(z.string(), values, 'must be an object from tag names to values')
      .refine((tags) => Object.keys(tags).length > 0, `is empty; ${anything}`)
      .optional(),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object of what to match' : undefined) },
);

const subscription = 'must be a subscription id, or * for every one';

const VaultMatch = z
  .strictObject(
    {
      subscriptions: listOf(
        z.string(subscription).refine((id) => id === '*' || z.guid().safeParse(id).success, subscription),
        'name subscriptions, or remove it to mean the resource’s own',
      ).optional(),
      resourceGroups: listOf(pattern, anything).optional(),
      names: listOf(pattern, anything).optional(),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object of vaults to permit' : undefined) },
  )
  .refine((match) => Object.keys(match).length > 0, {
    error: 'is empty; name vaults, or remove it',
    when: ({ issues }) => issues.length === 0,
  });

const count = 'must be a whole number from 1 to 10';

const FileRule = z.strictObject(
  {
    name: z
      .string('is missing; cards and evidence show the name')
      .trim()
      .min(1, 'is empty; cards and evidence show the name')
      .max(60, 'is longer than 60 characters'),
    match: Match.default({}),
    requesters: ids.optional(),
    approvers: ids.optional(),
    approvalsRequired: z.number(count).int(count).min(1, count).max(10, count).optional(),
    approvalExpiry: duration.optional(),
    extraApprovalForIrreversible: z.boolean('must be true or false').optional(),
    vaults: listOf(VaultMatch, 'permit a vault, or remove it to use the environment’s setting').optional(),
    requireNewKey: z.boolean('must be true or false').optional(),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object: a rule' : undefined) },
);
type FileRule = z.infer<typeof FileRule>;

const anyRule = 'write a rule, or leave CMK_POLICY_FILE out';
const noTags = 'name a tag that no requester can write, or remove it to trust no tag';

const patternHelp = 'must be a regular expression in RE2 syntax for the whole change number, such as CHG[0-9]{7}';

/** Format of change numbers, and whether every request needs one. */
const ChangeReference = z.strictObject({
  pattern: z
    .string(patternHelp)
    .min(1, patternHelp)
    .max(200, patternHelp)
    .refine((text) => compilePattern(text) !== null, patternHelp),
  required: z.boolean('must be true or false').default(false),
});

export const policyFileSchema = z.strictObject(
  {
    rules: z.array(FileRule, `must be a list in [ ]; ${anyRule}`),
    trustedTags: listOf(z.string('must be the name of a tag').trim().min(1, 'is empty'), noTags).optional(),
    changeReference: ChangeReference.optional(),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object with a list of rules' : undefined) },
);
type Content = z.infer<typeof policyFileSchema>;

/** The file's content, or all mistakes. */
export type PolicyFile =
  | { readonly content: Content; readonly mistakes: readonly [] }
  | { readonly content: null; readonly mistakes: readonly string[] };

const wrong = (...mistakes: readonly string[]): PolicyFile => ({ content: null, mistakes });

const placeOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');

const known = (path: readonly PropertyKey[]): readonly string[] => {
  if (path.length === 0) return Object.keys(policyFileSchema.shape);
  if (path.at(-1) === 'match') return Object.keys(Match.shape);
  if (path.at(-1) === 'changeReference') return Object.keys(ChangeReference.shape);
  return Object.keys(path.at(-2) === 'vaults' ? VaultMatch.shape : FileRule.shape);
};

function mistakeOf(issue: z.core.$ZodIssue): readonly string[] {
  const place = placeOf(issue.path);
  if (issue.code !== 'unrecognized_keys') return [place === '' ? issue.message : `${place} ${issue.message}`];
  const unknown = `isn’t a known field. Known fields: ${known(issue.path).join(', ')}`;
  return issue.keys.map((key) => `${placeOf([...issue.path, key])} ${unknown}`);
}

/** Returns the fields that an object has twice. `JSON.parse` would take the last one without a word. */
function doubleFields(node: ValueNode, path: readonly string[] = []): readonly string[] {
  if (node.type === 'Array') return node.elements.flatMap(({ value }, n) => doubleFields(value, [...path, `[${n}]`]));
  if (node.type !== 'Object') return [];
  const names = node.members.map(({ name }) => (name.type === 'String' ? name.value : name.name));
  return node.members.flatMap(({ value }, n) => {
    const at = [...path, `.${names[n]}`];
    const isDouble = names.slice(0, n).some((name) => name === names[n]);
    return [...(isDouble ? [`${at.join('').slice(1)} is there twice; remove one`] : []), ...doubleFields(value, at)];
  });
}

const looksAtTags = ({ match }: FileRule): boolean => match.tags !== undefined;

/** Checks rules against each other. A rule with tags can't shadow another one. */
function mistakesBetween(rules: readonly FileRule[]): readonly string[] {
  return rules.flatMap((rule, at) => {
    const before = rules.slice(0, at);
    const same = before.findIndex((one) => one.name.toLowerCase() === rule.name.toLowerCase());
    const shadow = looksAtTags(rule)
      ? -1
      : before.findIndex((one) => !looksAtTags(one) && covers(one.match, rule.match, usualKinds));
    const isEmpty = Object.entries(rule).every(
      ([key, value]) => ['name', 'match'].includes(key) || value === undefined,
    );
    const found: readonly (readonly [isFound: boolean, mistake: string])[] = [
      [
        rule.name.toLowerCase() === environmentRule,
        `.name is taken by the environment’s settings (${environmentRule}); choose another name`,
      ],
      [
        looksAtTags(rule) && isEmpty,
        ' adds nothing: a rule with tags makes other rules stricter. Add a stricter value, or remove the rule',
      ],
      [!namesPeople(rule), ' is about other kinds than the settings; name its requesters and approvers'],
      [same !== -1, `.name is also the name of rules[${same}]; choose another one`],
      [
        shadow !== -1,
        ` never applies: rules[${shadow}] (${rules[shadow]?.name}) comes first and matches all its resources. Move it up, or remove it`,
      ],
    ];
    return found.flatMap(([isFound, mistake]) => (isFound ? [`rules[${at}]${mistake}`] : []));
  });
}

/** The settings name people for the usual kinds only. */
const namesPeople = (rule: FileRule): boolean =>
  looksAtTags(rule) ||
  (rule.match.kinds ?? []).every((kind) => usualKinds.includes(kind)) ||
  (rule.requesters !== undefined && rule.approvers !== undefined);

/** A trusted tag without a rule has no effect, so it's probably a mistake. */
const tagMistakes = ({ rules, trustedTags = [] }: Content): readonly string[] =>
  trustedTags.flatMap((tag, at) =>
    rules.some(({ match }) => isTrustedTag(Object.keys(match.tags ?? {}), tag))
      ? []
      : [`trustedTags[${at}] is a tag that no rule uses. Remove it, or add the rule`],
  );

export function readPolicyFile(file: string): PolicyFile {
  let text: string;
  let value: unknown;
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    return wrong(`cannot be read: ${messageOf(error)}`);
  }
  try {
    value = JSON.parse(text);
  } catch (error) {
    return wrong(`${file} is not JSON: ${messageOf(error)}`);
  }
  const double = doubleFields(parse(text).body);
  if (double.length > 0) return wrong(...double);
  const read = policyFileSchema.safeParse(value);
  if (!read.success) return wrong(...read.error.issues.flatMap(mistakeOf));
  const { rules, changeReference } = read.data;
  const mistakes = [
    // Without a rule, only a change number has an effect.
    ...(rules.length === 0 && changeReference === undefined ? [`rules is empty; ${anyRule}`] : []),
    ...mistakesBetween(rules),
    ...tagMistakes(read.data),
  ];
  return mistakes.length > 0 ? wrong(...mistakes) : { content: read.data, mistakes: [] };
}

/** Fills in fields that a rule without tags leaves out from the environment's settings. */
const completed = (rule: FileRule, otherwise: Rule): Rule => ({
  name: rule.name,
  match: rule.match,
  requesters: rule.requesters ?? otherwise.requesters,
  approvers: rule.approvers ?? otherwise.approvers,
  approvalsRequired: rule.approvalsRequired ?? otherwise.approvalsRequired,
  expiryMs: rule.approvalExpiry ?? otherwise.expiryMs,
  extraApprovalForIrreversible: rule.extraApprovalForIrreversible ?? otherwise.extraApprovalForIrreversible,
  vaults: rule.vaults ?? otherwise.vaults,
  requireNewKey: rule.requireNewKey ?? otherwise.requireNewKey,
});

/** Converts a rule with tags. Fields that it leaves out don't make it stricter. */
function byTag({ name, match: { tags, ...match }, approvalExpiry: expiryMs, ...rest }: FileRule): readonly TagRule[] {
  return tags === undefined ? [] : [{ name, match: { ...match, tags }, ...rest, ...(expiryMs && { expiryMs }) }];
}

/** Returns the text that the policy's digest is computed from. It's stored as evidence. */
export const policyText = (
  { rules, otherwise, tagRules, trustedTags, changeReference }: Omit<Policy, 'version' | 'digest' | 'usualKinds'>,
  stepUp: StepUp | null,
): string => JSON.stringify({ rules, otherwise, tagRules, trustedTags, stepUp, changeReference });

/** Kinds that are turned off, but named by a rule. */
export const kindMistakes = ({ rules }: Content, isOn: (kind: string) => boolean): readonly string[] =>
  rules.flatMap(({ match }, at) =>
    (match.kinds ?? []).every(isOn) ? [] : [`rules[${at}].match.kinds names a kind that CMK_KINDS doesn’t turn on`],
  );

/** Combines the file's rules with the environment's settings. The version includes the step-up requirements. `isOn`: whether a kind is turned on. */
export function policyFrom(
  content: Content,
  environment: Omit<Rule, 'name' | 'match'>,
  stepUp: StepUp | null,
  isOn: (kind: string) => boolean,
): Policy {
  const otherwise: Rule = { name: environmentRule, match: {}, ...environment };
  const rules = content.rules.filter((rule) => !looksAtTags(rule)).map((rule) => completed(rule, otherwise));
  const tagRules = content.rules.flatMap(byTag);
  const trustedTags = content.trustedTags ?? [];
  const changeReference = content.changeReference ?? null;
  const text = policyText({ rules, otherwise, tagRules, trustedTags, changeReference }, stepUp);
  const digest = sha256(text);
  const parts = { rules, otherwise, tagRules, trustedTags, changeReference, usualKinds: usualKinds.filter(isOn) };
  return { version: digest.slice(0, 8), digest, ...parts };
}
