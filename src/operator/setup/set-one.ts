/** One setting, changed in what there is: whether it may be, and what stands in the file then. */
import { type Mistake, readEnvironment, type Variables } from '../../config/env.ts';
import { environmentSchema } from '../../config/settings/table.ts';
import { readChannelLink } from './questions/channels.ts';

export type VariableName = keyof typeof environmentSchema.shape;

/** Settings that hold a channel's id, for which people have a link. */
const channels: readonly VariableName[] = [
  'CMK_OPERATIONS_CHANNEL',
  'CMK_APPROVALS_CHANNEL',
  'CMK_AUDIT_CHANNEL',
  'CMK_TEAM_ID',
];

/** Typed unseen, and shown to nobody. */
const secrets: readonly VariableName[] = [
  'MicrosoftAppPassword',
  'AZURE_CLIENT_SECRET',
  'CMK_STEP_UP_APP_SECRET',
  'DATABASE_URL',
  'CMK_DATABASE_OWNER_URL',
];

export const isSecret = (name: VariableName): boolean => secrets.includes(name);

export const isVariable = (name: string): name is VariableName => Object.hasOwn(environmentSchema.shape, name);

export type SetOne =
  | { readonly kind: 'set'; readonly value: string }
  | { readonly kind: 'refused'; readonly why: string };

const said = ([variable, message]: Mistake): string => `${variable} ${message}`;

/** Whether a value fits the variable, and the others beside it. What was wrong before is no reason to refuse. */
export function setOne(before: Variables, name: VariableName, given: string): SetOne {
  const tenantName: VariableName = 'MicrosoftAppTenantId';
  const tenant = before[tenantName] ?? '';
  const asLink = channels.includes(name) && /^https?:/i.test(given) ? readChannelLink(given, tenant) : null;
  if (asLink?.kind === 'refused') return asLink;
  const value = asLink === null ? given.trim() : asLink.link.channelId;
  const earlier = readEnvironment(before).mistakes.map(said);
  const { mistakes } = readEnvironment({ ...before, [name]: value });
  const own = mistakes.filter(([variable]) => variable === name);
  const fresh = mistakes.filter((mistake) => mistake[0] === name || !earlier.includes(said(mistake)));
  // Several variables may have to change one after the other: a mistake of another's that this one brings is told by the doctor.
  const blocking = own.length > 0 ? own : fresh.filter(([variable]) => before[variable] !== undefined);
  if (blocking.length > 0) return { kind: 'refused', why: blocking.map(said).join('; ') };
  return { kind: 'set', value };
}
