import { z } from 'zod';
import type { Delays } from '../../faults.ts';
import { foreign } from '../../loopback.ts';
import { type Incoming, unreadable } from '../http/incoming.ts';
import { armRefusal, Refusal, type Reply, reply } from '../http/reply.ts';
import { issueTeamsToken } from '../identity/people/redeem-code.ts';
import type { ChangeRecords } from '../resource-graph/change-records.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { scenarioList, scenariosNamed, turnAllOff, turnOff, turnOn } from '../scenarios/scenarios.ts';
import { LatencyName } from '../state/latency.ts';
import { SimulatorState } from '../state/schema.ts';
import { seedState } from '../state/seed.ts';
import { changeLatency, moveToPort } from '../state/state-file.ts';
import type { World } from '../world.ts';
import type { BeforeStates } from './before-states.ts';
import { Fault } from './fault.ts';
import { addFaults, removeFaults } from './faults.ts';

/** What the simulator routes can use. */
export interface Simulator {
  readonly world: World;
  readonly beforeStates: BeforeStates;
  readonly changes: ChangeRecords;
  readonly delays: Delays;
  /** A text that changes whenever the state or the log changes. */
  readonly revision: () => string;
}

const Faults = z.union([Fault, z.array(Fault)]);
const WantedLatency = z.strictObject({ latency: LatencyName });

const badRequest = (message: string): Refusal => armRefusal(400, 'BadRequest', message);

const parse = <T>(schema: z.ZodType<T>, { body }: Incoming): T => {
  const parsed = schema.safeParse(body === unreadable ? undefined : body);
  if (parsed.success) return parsed.data;
  throw badRequest(z.prettifyError(parsed.error));
};

const postFaults = ({ world }: Simulator, incoming: Incoming): Reply => {
  addFaults(world.state, [parse(Faults, incoming)].flat());
  return reply(200, world.state.faults);
};

/** Throws for an unknown name. */
const scenariosIn = (names: readonly string[]): readonly Scenario[] => {
  const found = scenariosNamed(names);
  if (typeof found === 'string') throw badRequest(found);
  return found;
};

const deleteFaults = ({ world, delays }: Simulator, { query }: Incoming): Reply => {
  const id = query.get('id');
  removeFaults(world.state, id, new Date());
  if (id === null) delays.end();
  return reply(204);
};

const WantedScenarios = z.strictObject({ names: z.array(z.string()).min(1) });

const postScenarios = ({ world }: Simulator, incoming: Incoming): Reply => {
  for (const scenario of scenariosIn(parse(WantedScenarios, incoming).names)) turnOn(world.state, scenario);
  return reply(200, scenarioList(world.state));
};

/** `?name=` turns one off. Without it, turns all off and removes all faults. */
const deleteScenarios = ({ world, delays }: Simulator, { query }: Incoming): Reply => {
  const name = query.get('name');
  const now = new Date();
  if (name === null) {
    turnAllOff(world.state, now);
    removeFaults(world.state, null, now);
    delays.end();
    return reply(204);
  }
  for (const scenario of scenariosIn([name])) turnOff(world.state, scenario, now);
  return reply(204);
};

const replaceState = ({ world, beforeStates, changes }: Simulator, state: SimulatorState): Reply => {
  moveToPort(state, world.port);
  // Gives IDs to faults without one.
  addFaults(state, []);
  world.state = state;
  // Rows of identities that the new state doesn't have.
  const known = new Set(state.principals.map(({ id }) => id));
  world.vaultLog.keep(({ Identity }) => known.has(Identity.claim.oid ?? ''));
  beforeStates.restart(state);
  changes.restart(state);
  return reply(200, state);
};

/** Restores the seed, with new key material. Ports and latency stay. */
const resetState = async (simulator: Simulator): Promise<Reply> => {
  const { port, state } = simulator.world;
  return replaceState(simulator, { ...(await seedState(port, new Date())), latency: state.latency });
};

const putLatency = ({ world }: Simulator, incoming: Incoming): Reply => {
  const wanted = parse(WantedLatency, incoming);
  changeLatency(world.state, wanted.latency, new Date());
  return reply(200, wanted);
};

/** Replaces a group's members. Other state changes at the same time aren't lost, unlike with PUT of the whole state. */
const putMembers = ({ world }: Simulator, incoming: Incoming): Reply => {
  const memberIds = parse(z.array(z.string()), incoming);
  const group = world.state.groups.find(({ id }) => id === incoming.query.get('group'));
  if (group === undefined) throw badRequest('There is no such group.');
  group.memberIds = memberIds;
  return reply(200, memberIds);
};

/** `?last=n` returns only the newest n. */
const getRequests = ({ world: { requests } }: Simulator, { query }: Incoming): Reply => {
  const last = Number(query.get('last') ?? 0);
  return reply(200, Number.isInteger(last) && last > 0 ? requests.all().slice(-last) : requests.all());
};

type SimulatorRoute = (simulator: Simulator, incoming: Incoming) => Reply | Promise<Reply>;

export const routes: Readonly<Record<string, SimulatorRoute>> = {
  'GET /simulator/state': ({ world }) => reply(200, world.state),
  'PUT /simulator/state': (simulator, incoming) => replaceState(simulator, parse(SimulatorState, incoming)),
  'DELETE /simulator/state': resetState,
  'PUT /simulator/members': putMembers,
  'GET /simulator/before': ({ beforeStates }, { query }) => reply(200, beforeStates.of(query.get('agent') ?? '')),
  'GET /simulator/revision': ({ revision }) => reply(200, { revision: revision() }),
  'GET /simulator/requests': getRequests,
  'GET /simulator/faults': ({ world }) => reply(200, world.state.faults),
  'POST /simulator/faults': postFaults,
  'DELETE /simulator/faults': deleteFaults,
  'GET /simulator/scenarios': ({ world }) => reply(200, scenarioList(world.state)),
  'POST /simulator/scenarios': postScenarios,
  'DELETE /simulator/scenarios': deleteScenarios,
  'GET /simulator/latency': ({ world }) => reply(200, { latency: world.state.latency }),
  'PUT /simulator/latency': putLatency,
  'POST /simulator/teams-token': ({ world }, incoming) => issueTeamsToken(world, incoming),
};

/**
 * Serves `/simulator/…` for tests and demos. These routes need no token, aren't logged and aren't affected by faults. They
 * change everything and return private keys, so web pages can't call them.
 */
export const serveSimulator = async (simulator: Simulator, incoming: Incoming): Promise<Reply> => {
  const refused = foreign(incoming, false);
  if (refused !== null) return armRefusal(refused.status, refused.code, refused.message).reply;
  const route = routes[`${incoming.method} ${incoming.path}`];
  if (route === undefined) return armRefusal(404, 'NotFound', `No ${incoming.method} ${incoming.path}.`).reply;
  try {
    return await route(simulator, incoming);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
};
