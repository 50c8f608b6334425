/**
 * Random lives of one request, with a model beside the product that shares none of its code. Tags are written by whoever asks,
 * groups and controllers of the key change, the vault moves, the clock goes forward and back, an operator changes the policy and
 * starts the bot anew. The model reads the policy as the file has it, of tags it knows those alone that an operator writes, and
 * it remembers who controlled the key when people were asked.
 */
import { openRoleChecks } from '../../../src/authorization/role-checks.ts';
import { Power } from '../../../src/domain/control.ts';
import { done } from '../../../src/domain/failure.ts';
import type { PersonId } from '../../../src/domain/ids.ts';
import { applyPolicy, termsFor } from '../../../src/domain/policy/policy.ts';
import { decide } from '../../../src/domain/request/decide.ts';
import type { StoredEvent } from '../../../src/domain/request/events.ts';
import { fold } from '../../../src/domain/request/evolve.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { Command } from '../../../src/domain/request/request-command.ts';
import { changes, checks, decides, id, settles, stops } from './commands.ts';
import { submit } from './fixtures.ts';
import { allowed, type Now, policyOf } from './moment-policy.ts';
import { addresses, asker, expiryMs, groupIds, holders, people, type Setting, type Turn } from './moment-turns.ts';
import { control, controller, noon, planFor, resource, vault } from './plans.ts';
import { scriptedAzure } from './scripted-azure.ts';

/** What Azure holds, as the plan sees it. */
function seenIn(now: Now) {
  const tags = { environment: now.environment, Audience: now.audience };
  return {
    resource: resource({
      tags: Object.fromEntries(Object.entries(tags).filter((one): one is [string, string] => one[1] !== null)),
    }),
    vault: vault({ uri: now.address }),
    control: control({
      controllers: [...now.control]
        .filter(([, can]) => can.size > 0)
        .map(([one, can]) => controller({ id: one, can: Power.options.filter((power) => can.has(power)) })),
    }),
  };
}

/** What people were shown when they were asked. */
interface Shown {
  readonly at: number;
  readonly control: ReadonlyMap<string, ReadonlySet<Power>>;
  readonly address: string;
}

const shownIn = ({ control: held, address, clock }: Now): Shown => ({
  ...{ at: clock, address },
  control: new Map([...held].map(([one, can]) => [one, new Set(can)])),
});

const asking: readonly string[] = ['submitted', 'plan-changed', 'request-changed'];

/** How often a life came to what it is about. */
export interface MomentCounts {
  readonly through: number;
  readonly lost: number;
  readonly askedAgain: number;
}

/** Leads one life through the product. Throws where a run is let through that the model does not allow. */
export async function leadMoments(
  settings: readonly Setting[],
  members: readonly (readonly boolean[])[],
  turns: readonly Turn[],
): Promise<MomentCounts> {
  const now: Now = {
    environment: 'production',
    audience: 'production',
    groups: new Map(groupIds.map((one, n) => [one, new Set(people.filter((_, at) => members[n]?.[at]))])),
    control: new Map(holders.map((one) => [one, new Set<Power>()])),
    address: addresses[0] ?? '',
    clock: noon.getTime(),
  };
  const azure = scriptedAzure(seenIn(now));
  const memberOf = async (who: PersonId, ids: readonly string[]) =>
    done({ kind: 'member' as const, of: ids.filter((one) => now.groups.get(one)?.has(who)) });
  let at = 0;
  /** The process of this moment: what it knows is the policy it started with, and what is stored. */
  const started = () => {
    const [first] = settings;
    const setting = settings[at] ?? first;
    if (setting === undefined) throw new Error('no policy');
    const policy = policyOf(setting);
    const admission = { readers: [], operators: [], allowGuests: false };
    return {
      setting,
      policy,
      roleStatuses: openRoleChecks({ resources: azure.resources, groups: { memberOf } }, policy, admission),
    };
  };
  let bot = started();
  const events: StoredEvent[] = [];
  let shown = shownIn(now);
  const counts = { through: 0, lost: 0, askedAgain: 0 };
  /** What the events make of it, until one more is stored. */
  let folded: Request | null = null;
  const request = () => {
    if (folded === null) throw new Error('nobody asked');
    return folded;
  };
  /** Times of what is stored never go back. */
  const time = (): Date => new Date(Math.max(now.clock, Date.parse(events.at(-1)?.time ?? noon.toISOString())));
  const store = (command: Command): string => {
    const moment = time();
    const decision = decide(folded, command, moment);
    if (decision.kind === 'refused') return decision.code;
    for (const { body, texts } of decision.events) {
      const revision = events.length + 1;
      events.push({ seq: revision, revision, cause: `${revision}`, time: moment.toISOString(), body, texts });
      if (asking.includes(body.type)) shown = { ...shownIn(now), at: moment.getTime() };
    }
    folded = fold(id, events);
    return decision.events.at(-1)?.body.type ?? '';
  };
  const plan = () => {
    const seen = seenIn(now);
    const terms = termsFor(bot.policy, seen.resource);
    return planFor({ seen, terms, policyVersion: bot.policy.version, now: time() });
  };
  const applied = () => applyPolicy(bot.policy, plan(), time());

  function judge(): void {
    const may = allowed(bot.setting, now);
    const asked = events.findLast(({ body }) => asking.includes(body.type));
    const after = events.filter(({ body, revision }) => body.type === 'approved' && revision > (asked?.revision ?? 0));
    const inTime = after.filter((one) => Date.parse(one.time) < shown.at + expiryMs);
    const counted = new Set(inTime.map(({ body }) => `${body.actor.id}`).filter((one) => one !== asker));
    expect(may.mayAsk).toBe(true);
    expect([...counted].filter(may.mayApprove).length).toBeGreaterThanOrEqual(may.needed);
    expect({ permits: bot.setting.permits, newKey: bot.setting.requireNewKey }).toEqual({
      permits: true,
      newKey: false,
    });
    expect(now.address).toBe(shown.address);
    for (const [one, can] of now.control) {
      expect([...can].filter((power) => !shown.control.get(one)?.has(power))).toEqual([]);
    }
  }

  async function run(): Promise<void> {
    const current = request();
    const found = seenIn(now).resource;
    const known: Record<string, Awaited<ReturnType<typeof bot.roleStatuses.approver>>> = {};
    for (const { by } of current.approvals) known[by] = await bot.roleStatuses.approver(by, found);
    const requesterStatus = await bot.roleStatuses.requester(asker, found);
    const check = { run: current.runs, plan: plan(), policy: applied(), roleStatuses: known, requesterStatus };
    const outcome = store(checks(check));
    if (outcome === 'attention-needed') counts.lost += 1;
    if (outcome === 'plan-changed') counts.askedAgain += 1;
    if (outcome !== 'run-checked') return;
    counts.through += 1;
    judge();
    // So that there is something to run again.
    store(stops(current.runs));
  }

  function changeWorld(one: Turn): void {
    const by = 'person' in one ? (people[one.person] ?? asker) : asker;
    switch (one.do) {
      case 'tag':
        now.environment = one.value;
        break;
      case 'operator tags':
        now.audience = one.value;
        break;
      case 'group':
        now.groups.get(groupIds[one.group] ?? '')?.[one.isIn ? 'add' : 'delete'](by);
        break;
      case 'asker leaves':
        now.groups.get(groupIds[one.group] ?? '')?.delete(asker);
        break;
      case 'control':
        now.control.get(holders[one.holder] ?? '')?.[one.has ? 'add' : 'delete'](one.power);
        break;
      case 'address':
        now.address = addresses[one.at] ?? '';
        break;
      case 'clock':
        now.clock += one.hours * 3_600_000;
        break;
      case 'another policy':
        at = 1 - at;
        bot = started();
        break;
      case 'approve':
      case 'change':
      case 'everybody approves':
      case 'retry':
      case 'run':
      case 'stop':
    }
    azure.world.resource = seenIn(now).resource;
  }

  async function act(one: Turn): Promise<void> {
    const by = 'person' in one ? (people[one.person] ?? asker) : asker;
    const { asking } = request();
    const approvers = one.do === 'approve' ? [by] : one.do === 'everybody approves' ? people : [];
    for (const approver of approvers) {
      const roleStatus = await bot.roleStatuses.approverOf(approver, request());
      const requesterStatus = await bot.roleStatuses.requesterOf(request());
      store(decides('approve', approver, { asking, roleStatus, requesterStatus }));
    }
    if (one.do === 'retry') {
      const roleStatus = await bot.roleStatuses.approverOf(by, request());
      store(
        settles('retry', by, { asking, roleStatus, requesterStatus: await bot.roleStatuses.requesterOf(request()) }),
      );
    }
    if (one.do === 'change') {
      const justification = `For reason ${events.length}`;
      store(changes({ by: asker, asking, plan: plan(), policy: applied(), justification }));
    }
    if (one.do === 'stop') store(stops(request().runs));
    if (one.do === 'run') await run();
  }

  store(submit({ by: asker, plan: plan(), digest: '1'.repeat(64), policy: applied() }));
  for (const one of turns) {
    changeWorld(one);
    await act(one);
  }
  return counts;
}
