/** Whether Azure Policy refuses changes of keys around the bot. The guard pack is optional: without it nothing is wrong. */
import { type FleetGuard, isWhole, readFleetGuard } from '../../operations/guard/read-guard.ts';
import { guardWords, vaultDifferenceWords } from '../../text/guard.ts';
import type { Diagnosis } from '../rpc/diagnosis.ts';
import { updateBotRole, whoGivesRoles } from './commands.ts';
import { lookupFailureLine } from './rights.ts';
import { about, type DoctorEnvironment, ok, unknown, warn } from './subjects.ts';

const guard = about('azure/guard', 'guard policies');
const page = 'docs/how-to/guard-with-azure-policy.md has the steps.';
const mostNamed = 3;

const isAssigned = ({ agents }: FleetGuard): boolean =>
  agents.some(({ states }) => Object.values(states).some((state) => state !== 'not-assigned'));

function judged(found: FleetGuard): Diagnosis {
  if (!isAssigned(found))
    return ok(guard, 'not assigned: anyone who can write an agent can change its key without the bot');
  if (isWhole({ ...found, unread: [] }))
    return ok(guard, `Azure refuses changes around the bot, for ${found.agents.length} agents`);
  const open = found.agents.filter((one) => !isWhole({ agents: [one], vaults: [], unread: [] }));
  const named = open.slice(0, mostNamed).map(({ name, states }) => `${name}: ${guardWords(states)}`);
  const lines = [...named, ...found.vaults.map(vaultDifferenceWords)];
  return warn(
    guard,
    `${open.length} of ${found.agents.length} agents aren’t fully guarded. ${lines.join('; ')}`,
    page,
    {
      who: 'Resource Policy Contributor or Owner of the subscription',
      commands: ['cmk-bot guard check'],
    },
  );
}

export async function diagnoseGuard({ azure, config }: DoctorEnvironment): Promise<readonly Diagnosis[]> {
  const read = await readFleetGuard(azure, config.policy, new Date());
  // Lists that can't be read have findings of their own.
  if (!read.ok) return [];
  const unread = read.value.unread.map(({ subscriptionId, failure }) =>
    unknown(about('azure/guard', `guard policies in ${subscriptionId}`), lookupFailureLine(failure), page, {
      who: whoGivesRoles(`subscription ${subscriptionId}`),
      commands: [updateBotRole(config.azure.subscriptions)],
    }),
  );
  return read.value.agents.length === 0 ? unread : [judged(read.value), ...unread];
}
