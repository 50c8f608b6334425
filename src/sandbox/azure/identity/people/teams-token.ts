import { z } from 'zod';
import { type Incoming, unreadable } from '../../http/incoming.ts';
import { type Reply, reply } from '../../http/reply.ts';
import type { World } from '../../world.ts';
import type { PersonSignIn } from './sign-ins.ts';

const Wanted = z.strictObject({ personId: z.string(), resource: z.string() });

const morningMs = 4 * 3_600_000;

/** Who opened Teams this morning signed in hours ago, with a password; unless the state says otherwise. */
function sessionOf({ state }: World, userId: string, now: Date): PersonSignIn {
  const told = state.teamsSessions.find((one) => one.userId === userId);
  if (told !== undefined) return { ...told, at: new Date(told.signedInAt) };
  return { userId, at: new Date(now.getTime() - morningMs), contexts: [], methods: ['pwd'] };
}

/**
 * `POST /simulator/teams-token`: what the Teams client of a person gets for an app without asking the person. In the real
 * tenant the client holds a sign-in of its own for that; here local Teams is believed.
 */
export async function giveTeamsToken(world: World, { body }: Incoming): Promise<Reply> {
  const wanted = Wanted.safeParse(body === unreadable ? undefined : body);
  const appId = /^api:\/\/botid-(.+)$/.exec(wanted.data?.resource ?? '')?.[1];
  const { state, url } = world;
  const known =
    state.principals.some((one) => one.appId === appId) && state.users.some((one) => one.id === wanted.data?.personId);
  if (!wanted.success || appId === undefined || !known)
    return reply(400, { error: { code: 'BadRequest', message: 'There is no such app, or no such person.' } });
  const now = new Date();
  const session = sessionOf(world, wanted.data.personId, now);
  const issuer = { url, tenantId: state.tenantId, seconds: state.settings.tokenSeconds.person };
  const token = await world.signIns.token(issuer, appId, session, { scp: 'access_as_user' }, now);
  return reply(200, { token });
}
