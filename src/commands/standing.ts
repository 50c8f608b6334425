/** Whether a person holds a right, by the configured groups and object ids. */
import type { PersonId } from '../domain/ids.ts';
import type { Standing } from '../domain/policy.ts';
import type { Groups } from '../domain/ports/azure.ts';
import type { RefusalCode } from '../domain/refusal.ts';

/** Asks the directory. Nobody configured means nobody; a directory that does not answer means no. */
export async function standingOf(groups: Groups, person: PersonId, allowed: readonly string[]): Promise<Standing> {
  if (allowed.length === 0) return 'nobody-configured';
  const member = await groups.memberOf(person, allowed);
  if (!member.ok) return 'unknown';
  return member.value.length > 0 ? 'yes' : 'no';
}

export const requesterRefusals: Record<Exclude<Standing, 'yes'>, RefusalCode> = {
  no: 'not-a-requester',
  unknown: 'cannot-check-membership',
  'nobody-configured': 'no-requesters-configured',
};
