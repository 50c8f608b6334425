/** `/simulator/…`: reads and changes what Azure holds and how it behaves. */

import { z } from 'zod';
import { foreign, Refusal, type Reply, reply } from '../http.ts';
import { addFaults, removeFaults } from './active-faults.ts';
import { BeforeStates } from './before-states.ts';
import { Fault } from './fault.ts';
import { issueTeamsToken } from './identity/entra.ts';
import { type Incoming, parseBody } from './incoming.ts';
import { LatencyName } from './latency.ts';
import { postPortal } from './portal.ts';
import { scenarioList, scenariosNamed, turnAllOff, turnOff, turnOn } from './scenarios/scenarios.ts';
import { changeLatency, moveToPort } from './state/port-and-latency.ts';
import { SimulatorState } from './state/schema.ts';
import { seedState } from './state/seed.ts';
import type { World } from './world.ts';

const Faults = z.union([Fault, z.array(Fault)]);
const WantedLatency = z.strictObject({ latency: LatencyName });

const badRequest = (message: string): Refusal => Refusal.of(400, 'BadRequest', message);

const postFaults = (world: World, incoming: Incoming): Reply => {
  addFaults(world.state, [parseBody(Faults, incoming.body, 'BadRequest')].flat());
  return reply(200, world.state.faults);
};

const deleteFaults = (world: World, { query }: Incoming): Reply => {
  const id = query.get('id');
  removeFaults(world.state, id, new Date());
  if (id === null) world.delays.end();
  return reply(204);
};

const WantedScenarios = z.strictObject({ names: z.array(z.string()).min(1) });

const postScenarios = (world: World, incoming: Incoming): Reply => {
  const { names } = parseBody(WantedScenarios, incoming.body, 'BadRequest');
  for (const scenario of scenariosNamed(names, badRequest)) turnOn(world.state, scenario);
  return reply(200, scenarioList(world.state));
};

/** `?name=` turns one off. Without it, turns all off and removes all faults. */
const deleteScenarios = (world: World, { query }: Incoming): Reply => {
  const name = query.get('name');
  const now = new Date();
  if (name === null) {
    turnAllOff(world.state, now);
    removeFaults(world.state, null, now);
    world.delays.end();
    return reply(204);
  }
  for (const scenario of scenariosNamed([name], badRequest)) turnOff(world.state, scenario, now);
  return reply(204);
};

const replaceState = (world: World, state: SimulatorState): Reply => {
  moveToPort(state, world.port);
  // Gives IDs to faults without one.
  addFaults(state, []);
  world.state = state;
  // Rows of identities that the new state doesn't have.
  const known = new Set(state.principals.map(({ id }) => id));
  world.vaultLog.keep(({ Identity }) => known.has(Identity.claim.oid ?? ''));
  world.beforeStates = new BeforeStates(state);
  world.changes.restart(state);
  return reply(200, state);
};

/** Restores the seed, with new key material. Ports and latency stay. */
const resetState = async (world: World): Promise<Reply> =>
  replaceState(world, { ...(await seedState(world.port, new Date(), world.accounts)), latency: world.state.latency });

const putLatency = (world: World, incoming: Incoming): Reply => {
  const wanted = parseBody(WantedLatency, incoming.body, 'BadRequest');
  changeLatency(world.state, wanted.latency, new Date());
  return reply(200, wanted);
};

/** Replaces a group's members. Other state changes at the same time aren't lost, unlike with PUT of the whole state. */
const putMembers = (world: World, incoming: Incoming): Reply => {
  const memberIds = parseBody(z.array(z.string()), incoming.body, 'BadRequest');
  const group = world.state.groups.find(({ id }) => id === incoming.query.get('group'));
  if (group === undefined) throw badRequest('There is no such group.');
  group.memberIds = memberIds;
  return reply(200, memberIds);
};

/** `?last=n` returns only the newest n. */
const getRequests = ({ requests }: World, { query }: Incoming): Reply => {
  const last = Number(query.get('last') ?? 0);
  return reply(200, Number.isInteger(last) && last > 0 ? requests.all().slice(-last) : requests.all());
};

type SimulatorRoute = (world: World, incoming: Incoming) => Reply | Promise<Reply>;

export const routes: Readonly<Record<string, SimulatorRoute>> = {
  'GET /simulator/state': ({ state }) => reply(200, state),
  'PUT /simulator/state': (world, incoming) =>
    replaceState(world, parseBody(SimulatorState, incoming.body, 'BadRequest')),
  'DELETE /simulator/state': resetState,
  'PUT /simulator/members': putMembers,
  'GET /simulator/before': ({ beforeStates }, { query }) => reply(200, beforeStates.of(query.get('agent') ?? '')),
  'GET /simulator/revision': ({ start, file, requests }) =>
    reply(200, { revision: `${start} ${file.changes} ${requests.all().length}` }),
  'GET /simulator/requests': getRequests,
  'GET /simulator/faults': ({ state }) => reply(200, state.faults),
  'POST /simulator/faults': postFaults,
  'DELETE /simulator/faults': deleteFaults,
  'GET /simulator/scenarios': ({ state }) => reply(200, scenarioList(state)),
  'POST /simulator/scenarios': postScenarios,
  'DELETE /simulator/scenarios': deleteScenarios,
  'GET /simulator/latency': ({ state }) => reply(200, { latency: state.latency }),
  'PUT /simulator/latency': putLatency,
  'POST /simulator/portal': postPortal,
  'POST /simulator/teams-token': issueTeamsToken,
};

/** Serves `/simulator/…`, unlogged, without token and faults. It returns private keys, so web pages can't call it. */
export const serveSimulator = async (world: World, incoming: Incoming): Promise<Reply> => {
  const refused = foreign(incoming, false);
  if (refused !== null) return refused.reply;
  const route = routes[`${incoming.method} ${incoming.path}`];
  if (route === undefined) return Refusal.of(404, 'NotFound', `No ${incoming.method} ${incoming.path}.`).reply;
  try {
    return await route(world, incoming);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
};
