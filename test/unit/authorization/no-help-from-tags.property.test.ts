/**
 * Over random sequences of tags written by whoever asks, of groups, and of decisions: no run starts that the policy of that
 * moment, applied without any help from tags, would not allow. The model beside the product shares none of its code: it reads
 * the policy as the file has it, and of tags it knows those alone that an operator writes.
 */
import fc from 'fast-check';
import { openStandings } from '../../../src/authorization/who-may.ts';
import { policyFrom } from '../../../src/config/policy-file.ts';
import { done } from '../../../src/domain/failure.ts';
import { PersonId } from '../../../src/domain/ids.ts';
import { applyPolicy } from '../../../src/domain/policy/policy.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { submit } from '../../support/fixtures.ts';
import { checks, decides, id, settles, stops } from '../support/commands.ts';
import { noon, planFor, resource } from '../support/plans.ts';
import { scriptedAzure } from '../support/scripted-azure.ts';

const people = [1, 2, 3, 4, 5].map((n) => PersonId.parse(`20000000-0000-4000-8000-00000000000${n}`));
const [asker = people[0] as PersonId] = people;
const groupIds = [1, 2, 3].map((n) => `60000000-0000-4000-8000-00000000000${n}`);
const values = ['production', 'Production', 'test', 'other', ''];

const group = fc.constantFrom(...groupIds);
const tagRule = fc.record(
  {
    tag: fc.constantFrom('environment', 'audience'),
    value: fc.constantFrom('production', 'test', '*'),
    requesters: group,
    approvers: group,
    approvalsRequired: fc.integer({ min: 1, max: 3 }),
    extraApprovalForIrreversible: fc.boolean(),
  },
  { requiredKeys: ['tag', 'value', 'extraApprovalForIrreversible'] },
);
type TagRule = typeof tagRule extends fc.Arbitrary<infer T> ? T : never;

const person = fc.nat({ max: people.length - 1 });
const turn = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tag'), value: fc.option(fc.constantFrom(...values)) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('operator tags'), value: fc.option(fc.constantFrom(...values)) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('group'), person, group: fc.nat({ max: 2 }), isIn: fc.boolean() }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('approve'), person }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('everybody approves') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('asker leaves'), group: fc.nat({ max: 2 }) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('run') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stop') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('retry'), person }) },
);
type Turn = typeof turn extends fc.Arbitrary<infer T> ? T : never;

interface Setting {
  readonly tagRules: readonly TagRule[];
  readonly trusted: boolean;
  readonly base: { readonly requesters: string; readonly approvers: string; readonly approvalsRequired: number };
}

/** `environment` is whoever asks's to write. `audience` is an operator's alone, where it is trusted. */
interface Now {
  environment: string | null;
  audience: string | null;
  readonly groups: Map<string, Set<string>>;
}

/** The policy in the model's words: who counts, and how many are needed, whatever anybody but an operator wrote. */
function allowed({ tagRules, trusted, base }: Setting, now: Now) {
  const holding = tagRules.filter(({ tag, value }) => {
    const vouched = trusted && tag === 'audience';
    if (!vouched || now.audience === null || value === '*') return true;
    return now.audience.toLowerCase() === value;
  });
  const inAll = (lists: readonly (string | undefined)[], who: string): boolean =>
    lists.every((one) => one === undefined || (now.groups.get(one)?.has(who) ?? false));
  const numbers = holding.map(({ approvalsRequired }) => approvalsRequired ?? 1);
  return {
    mayAsk: inAll([base.requesters, ...holding.map(({ requesters }) => requesters)], asker),
    mayApprove: (who: string) => inAll([base.approvers, ...holding.map(({ approvers }) => approvers)], who),
    // The plan protects a vault for good.
    needed:
      Math.max(base.approvalsRequired, ...numbers) +
      (holding.some(({ extraApprovalForIrreversible }) => extraApprovalForIrreversible) ? 1 : 0),
  };
}

/** Leads one life through the product; returns whether a run was let through, and stopped for the requester's sake. */
async function lead(setting: Setting, members: readonly (readonly boolean[])[], turns: readonly Turn[]) {
  const { tagRules, trusted, base } = setting;
  const names = tagRules.map(({ tag }) => tag);
  const policy = policyFrom(
    {
      rules: tagRules.map(({ tag, value, requesters, approvers, ...rest }, n) => ({
        ...{ name: `rule ${n}`, match: { tags: { [tag]: [value] } }, ...rest },
        ...(requesters && { requesters: [requesters] }),
        ...(approvers && { approvers: [approvers] }),
      })),
      ...(trusted && names.includes('audience') ? { trustedTags: ['Audience'] } : {}),
    },
    {
      ...{ requesters: [base.requesters], approvers: [base.approvers], approvalsRequired: base.approvalsRequired },
      ...{ expiryMs: 3_600_000_000, extraApprovalForIrreversible: false, vaults: [{}], requireNewKey: false },
    },
    null,
  );
  const now: Now = {
    environment: 'production',
    audience: 'production',
    groups: new Map(groupIds.map((one, n) => [one, new Set(people.filter((_, at) => members[n]?.[at]))])),
  };
  const seen = () => {
    const tags = { environment: now.environment, Audience: now.audience };
    return resource({
      tags: Object.fromEntries(Object.entries(tags).filter((one): one is [string, string] => one[1] !== null)),
    });
  };
  const azure = scriptedAzure({ resource: seen() });
  const memberOf = async (who: PersonId, ids: readonly string[]) =>
    done({ kind: 'member' as const, of: ids.filter((one) => now.groups.get(one)?.has(who)) });
  const admission = { readers: [], allowGuests: false };
  const standings = openStandings({ resources: azure.resources, groups: { memberOf } }, policy, admission);
  const events: StoredEvent[] = [];
  const request = () => {
    const folded = fold(id, events);
    if (folded === null) throw new Error('nobody asked');
    return folded;
  };
  const store = (command: Command): string => {
    const decision = decide(fold(id, events), command, noon);
    if (decision.kind === 'refused') return decision.code;
    for (const { body, texts } of decision.events) {
      const revision = events.length + 1;
      events.push({ seq: revision, revision, cause: `${revision}`, time: noon.toISOString(), body, texts });
    }
    return decision.events.at(-1)?.body.type ?? '';
  };
  const plan = () => planFor({ seen: { resource: seen() } });
  store(submit({ by: asker, plan: plan(), digest: '1'.repeat(64), policy: applyPolicy(policy, plan(), noon) }));
  const told = { through: 0, lost: 0 };

  async function run(): Promise<void> {
    const current = request();
    const found = seen();
    const known: Record<string, Awaited<ReturnType<typeof standings.approver>>> = {};
    for (const { by } of current.approvals) known[by] = await standings.approver(by, found);
    const requesterStanding = await standings.requester(asker, found);
    const command = checks({ run: current.runs, plan: plan(), standings: known, requesterStanding });
    const outcome = store({ ...command, policy: applyPolicy(policy, plan(), noon) } as Command);
    if (outcome === 'attention-needed') told.lost += 1;
    if (outcome !== 'run-checked') return;
    told.through += 1;
    const may = allowed(setting, now);
    const asked = events.findLast(({ body }) => body.type === 'submitted' || body.type === 'plan-changed');
    const after = events.filter(({ body, revision }) => body.type === 'approved' && revision > (asked?.revision ?? 0));
    const counted = new Set(after.map(({ body }) => `${body.actor.id}`).filter((one) => one !== asker));
    expect(may.mayAsk).toBe(true);
    expect([...counted].filter(may.mayApprove).length).toBeGreaterThanOrEqual(may.needed);
    // So that there is something to run again.
    store(stops(current.runs));
  }

  for (const one of turns) {
    const by = 'person' in one ? (people[one.person] ?? asker) : asker;
    if (one.do === 'tag') now.environment = one.value;
    if (one.do === 'operator tags') now.audience = one.value;
    if (one.do === 'group') now.groups.get(groupIds[one.group] ?? '')?.[one.isIn ? 'add' : 'delete'](by);
    azure.world.resource = seen();
    if (one.do === 'asker leaves') now.groups.get(groupIds[one.group] ?? '')?.delete(asker);
    const { asking } = request();
    const approvers = one.do === 'approve' ? [by] : one.do === 'everybody approves' ? people : [];
    for (const approver of approvers) {
      const standing = await standings.approverOf(approver, request());
      const requesterStanding = await standings.requesterOf(request());
      store(decides('approve', approver, { asking, standing, requesterStanding }));
    }
    if (one.do === 'retry') {
      const standing = await standings.approverOf(by, request());
      store(settles('retry', by, { asking, standing, requesterStanding: await standings.requesterOf(request()) }));
    }
    if (one.do === 'stop') store(stops(request().runs));
    if (one.do === 'run') await run();
  }
  return told;
}

test('no run starts that the policy of that moment, without any help from tags, would not allow', async () => {
  const seed = Number(process.env.CMK_TAGS_SEED ?? Date.now() % 2_147_483_647);
  const told = { through: 0, lost: 0 };
  const base = fc.record({ requesters: group, approvers: group, approvalsRequired: fc.integer({ min: 1, max: 2 }) });
  const setting = fc.record({ tagRules: fc.array(tagRule, { maxLength: 2 }), trusted: fc.boolean(), base });
  const often = fc.integer({ min: 1, max: 4 }).map((n) => n > 1);
  const members = fc.array(fc.array(often, { minLength: 5, maxLength: 5 }), { minLength: 3, maxLength: 3 });
  const life = fc.array(turn, { minLength: 8, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(setting, members, life, async (one, who, turns) => {
      const { through, lost } = await lead(one, who, turns);
      told.through += through;
      told.lost += lost;
    }),
    { numRuns: 1_000, seed },
  );
  process.stdout.write(
    `lives without help from tags: seed ${seed}, ${told.through} runs let through, ${told.lost} stopped\n`,
  );
  expect(told.through).toBeGreaterThan(100);
  expect(told.lost).toBeGreaterThan(0);
});
