import { agentBody } from '../health-bots/agent-body.ts';
import { pageOfBodies } from '../http/pages.ts';
import { armRefusal, type Refusal, type Reply, reply } from '../http/reply.ts';
import { armRoutes, type Call, param, type Route } from '../http/router.ts';
import type { SystemData } from '../state/schema-agents.ts';
import { resourceListVersions } from './api-versions.ts';
import { agentId, groupScope, sameId, subscriptionScope, vaultId, within } from './ids.ts';

interface Filtered {
  readonly name: string;
  readonly type: string;
  readonly location: string;
  readonly resourceGroup: string;
  readonly principalId: string | null;
  readonly tags: Readonly<Record<string, string>> | null;
}

type Test = (resource: Filtered) => boolean;

interface Filter {
  readonly matches: Test;
  /** True if the filter uses tags: then the answer doesn't contain tags. */
  readonly usesTags: boolean;
}

const invalid = (text: string): Refusal =>
  armRefusal(400, 'InvalidFilterInQueryString', `Invalid $filter '${text}' specified in the query string.`);

const fields: Readonly<Record<string, (resource: Filtered) => string>> = {
  name: (one) => one.name,
  resourcetype: (one) => one.type,
  location: (one) => one.location,
  resourcegroup: (one) => one.resourceGroup,
  'identity/principalid': (one) => one.principalId ?? '',
};

const literal = "'((?:[^']|'')*)'";
const comparison = new RegExp(`^([a-z/]+)\\s+(eq|ne)\\s+${literal}$`, 'i');
const substring = new RegExp(`^substringof\\(\\s*${literal}\\s*,\\s*(name|resourceGroup)\\s*\\)$`, 'i');
const beginning = new RegExp(`^startswith\\(\\s*tagName\\s*,\\s*${literal}\\s*\\)$`, 'i');
const text = (quoted: string): string => quoted.replaceAll("''", "'");

/** Splits at a word outside of quotes. */
const split = (filter: string, word: 'and' | 'or'): readonly string[] => {
  const parts = filter.split(new RegExp(`\\s+${word}\\s+(?=(?:[^']*'[^']*')*[^']*$)`, 'i'));
  return parts.map((part) => part.trim());
};

const has = (resource: Filtered, test: (name: string, value: string) => boolean): boolean =>
  Object.entries(resource.tags ?? {}).some(([name, value]) => test(name, value));

const readTest = (part: string): Test => {
  const [, field, operator, value] = comparison.exec(part) ?? [];
  if (field !== undefined && value !== undefined) {
    const of = fields[field.toLowerCase()];
    if (of === undefined) throw invalid(part);
    return (one) => sameId(of(one), text(value)) === (operator?.toLowerCase() === 'eq');
  }
  const [, piece, where] = substring.exec(part) ?? [];
  if (piece === undefined || where === undefined) throw invalid(part);
  return (one) => (fields[where.toLowerCase()]?.(one) ?? '').toLowerCase().includes(text(piece).toLowerCase());
};

/** Reads name and value together, because they describe one tag. Names ignore case, values don't. */
const readTags = (parts: readonly string[]): Test | null => {
  const find = (name: string) =>
    parts
      .map((part) => new RegExp(`^${name}\\s+eq\\s+${literal}$`, 'i').exec(part)?.[1])
      .find((one) => one !== undefined);
  const [name, value] = [find('tagName'), find('tagValue')];
  const start = parts.map((part) => beginning.exec(part)?.[1]).find((one) => one !== undefined);
  if (start !== undefined) return (one) => has(one, (tag) => tag.toLowerCase().startsWith(text(start).toLowerCase()));
  if (name === undefined) return null;
  return (one) => has(one, (tag, held) => sameId(tag, text(name)) && (value === undefined || held === text(value)));
};

const isTagPart = (part: string): boolean => /^(tagName|tagValue|startswith\(\s*tagName)\b/i.test(part);

const readAll = (filter: string): Test => {
  const parts = split(filter, 'and');
  const tags = readTags(parts);
  const others = parts.filter((part) => tags === null || !isTagPart(part)).map(readTest);
  return (one) => (tags === null || tags(one)) && others.every((test) => test(one));
};

/**
 * Parses ARM's `$filter` for resource lists: `eq`, `ne`, `substringof`, tag name, value and prefix, with `and` and
 * `or`.
 * Refuses anything else: ignoring a part would change the result.
 */
export const readFilter = (filter: string | null): Filter => {
  const wanted = (filter ?? '').trim();
  if (wanted === '' || wanted === "''") return { matches: () => true, usesTags: false };
  const choices = split(wanted, 'or').map(readAll);
  const usesTags = split(wanted, 'or').some((choice) => split(choice, 'and').some(isTagPart));
  return { matches: (one) => choices.some((test) => test(one)), usesTags };
};

interface Listed extends Filtered {
  readonly id: string;
  readonly systemData: SystemData;
  /** Other fields that lists contain. */
  readonly more: Readonly<Record<string, unknown>>;
}

const allResources = (call: Call): readonly Listed[] => {
  const { state } = call.world;
  const agents = state.agents.map((one): Listed => {
    const { sku, identity } = agentBody(state, one);
    return {
      ...one,
      id: agentId(one),
      type: 'Microsoft.HealthBot/healthBots',
      principalId: one.content.identity?.principalId ?? null,
      tags: one.content.tags,
      more: { sku, ...(identity === undefined ? {} : { identity }) },
    };
  });
  const vaults = state.vaults.map(
    (one): Listed => ({ ...one, id: vaultId(one), type: 'Microsoft.KeyVault/vaults', principalId: null, more: {} }),
  );
  return [...agents, ...vaults];
};

/** Adds `createdTime` and `changedTime`, which lists contain only with `$expand` (ARM's reference). */
const expanded = (resource: Listed, expand: string) => ({
  ...(/createdTime/i.test(expand) ? { createdTime: resource.systemData.createdAt } : {}),
  ...(/changedTime/i.test(expand) ? { changedTime: resource.systemData.lastModifiedAt } : {}),
});

const listResources = (call: Call, scope: string): Reply => {
  const { matches, usesTags } = readFilter(call.incoming.query.get('$filter'));
  const expand = call.incoming.query.get('$expand') ?? '';
  const value = allResources(call)
    .filter((one) => within(one.id, scope) && matches(one))
    .map((one) => ({
      id: one.id,
      name: one.name,
      type: one.type,
      location: one.location,
      ...(usesTags ? {} : { tags: one.tags ?? {} }),
      ...one.more,
      ...expanded(one, expand),
    }));
  return reply(200, pageOfBodies(call, value));
};

const route = armRoutes(resourceListVersions, 'Microsoft.Resources/subscriptions');

export const resourceListRoutes: readonly Route[] = [
  route('GET', '/subscriptions/{sub}/resources', 'resources/read', (call) =>
    listResources(call, subscriptionScope(param(call, 'sub'))),
  ),
  route('GET', '/subscriptions/{sub}/resourceGroups/{group}/resources', 'resourcegroups/resources/read', (call) =>
    listResources(call, groupScope(param(call, 'sub'), param(call, 'group'))),
  ),
];
