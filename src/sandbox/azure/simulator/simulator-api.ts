import { z } from 'zod';
import type { Delays } from '../../delays.ts';
import { type Incoming, unreadable } from '../http/incoming.ts';
import { type Reply, reply } from '../http/reply.ts';
import { issueTeamsToken } from '../identity/people/redeem-code.ts';
import type { ChangeRecords } from '../resource-graph/change-records.ts';
import { scenarioList, scenariosNamed, turnAllOff, turnOff, turnOn } from '../scenarios/scenarios.ts';
import { LatencyName } from '../state/latency.ts';
import { SimulatorState } from '../state/schema.ts';
import { seedState } from '../state/seed.ts';
import { changeLatency, moveToPort } from '../state/state-file.ts';
import type { World } from '../world.ts';
import type { BeforeStates } from './before-states.ts';
import { Fault } from './fault.ts';
import { addFaults, removeFaults } from './faults.ts';

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

const foreignRefusal = (status: number, code: string, message: string): Reply =>
  reply(status, { error: { code, message } });

/**
 * Refuses web pages of other sites; null: accepted.
 * These routes need no token, change everything and return private keys. So they check the host name (DNS rebinding),
 * the origin, and the content type (forms).
 */
function refuseForeigners({ method, host, headers }: Incoming): Reply | null {
  if (!loopback.test(host)) return foreignRefusal(403, 'ForeignHost', 'The doors answer on loopback names only.');
  if (headers.origin !== undefined || (headers['sec-fetch-site'] ?? 'none') !== 'none') {
    return foreignRefusal(403, 'ForeignOrigin', 'The doors answer no web page.');
  }
  const carries = method === 'POST' || method === 'PUT';
  if (carries && !/^application\/json *(;|$)/i.test(headers['content-type'] ?? '')) {
    return foreignRefusal(415, 'UnsupportedMediaType', 'Send application/json.');
  }
  return null;
}

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

const badRequest = (message: string): Reply => reply(400, { error: { code: 'BadRequest', message } });
const refused = (error: z.ZodError): Reply => badRequest(z.prettifyError(error));

const postFaults = ({ world }: Simulator, { body }: Incoming): Reply => {
  const parsed = Faults.safeParse(body);
  if (!parsed.success) return refused(parsed.error);
  const added = Array.isArray(parsed.data) ? parsed.data : [parsed.data];
  for (const fault of added) {
    const problem = badExpression(fault.match.url);
    if (problem !== null) return badRequest(problem);
  }
  addFaults(world.state, added);
  return reply(200, world.state.faults);
};

const badExpression = (source: string | undefined): string | null => {
  try {
    new RegExp(source ?? '');
    return null;
  } catch (error) {
    return String(error);
  }
};

const deleteFaults = ({ world, delays }: Simulator, { query }: Incoming): Reply => {
  const id = query.get('id');
  removeFaults(world.state, id, new Date());
  if (id === null) delays.end();
  return reply(204);
};

const WantedScenarios = z.strictObject({ names: z.array(z.string()).min(1) });

const postScenarios = ({ world }: Simulator, { body }: Incoming): Reply => {
  const parsed = WantedScenarios.safeParse(body);
  if (!parsed.success) return refused(parsed.error);
  const found = scenariosNamed(parsed.data.names);
  if (typeof found === 'string') return badRequest(found);
  for (const scenario of found) turnOn(world.state, scenario);
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
  const found = scenariosNamed([name]);
  if (typeof found === 'string') return badRequest(found);
  for (const scenario of found) turnOff(world.state, scenario, now);
  return reply(204);
};

const putState = (simulator: Simulator, { body }: Incoming): Reply => {
  const parsed = SimulatorState.safeParse(body === unreadable ? undefined : body);
  if (!parsed.success) return refused(parsed.error);
  return replaceState(simulator, parsed.data);
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

const putLatency = ({ world }: Simulator, { body }: Incoming): Reply => {
  const parsed = WantedLatency.safeParse(body);
  if (!parsed.success) return refused(parsed.error);
  changeLatency(world.state, parsed.data.latency, new Date());
  return reply(200, parsed.data);
};

const Members = z.array(z.string());

/** Replaces a group's members. Other state changes at the same time aren't lost, unlike with PUT of the whole state. */
const putMembers = ({ world }: Simulator, { query, body }: Incoming): Reply => {
  const parsed = Members.safeParse(body);
  if (!parsed.success) return refused(parsed.error);
  const group = world.state.groups.find(({ id }) => id === query.get('group'));
  if (group === undefined) return badRequest('There is no such group.');
  group.memberIds = parsed.data;
  return reply(200, group.memberIds);
};

/** `?last=n` returns only the newest n. */
const getRequests = ({ world: { requests } }: Simulator, { query }: Incoming): Reply => {
  const last = Number(query.get('last') ?? 0);
  return reply(200, Number.isInteger(last) && last > 0 ? requests.all().slice(-last) : requests.all());
};

type SimulatorRoute = (simulator: Simulator, incoming: Incoming) => Reply | Promise<Reply>;

export const routes: Readonly<Record<string, SimulatorRoute>> = {
  'GET /simulator/state': ({ world }) => reply(200, world.state),
  'PUT /simulator/state': putState,
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
 * Serves `/simulator/…` for tests and demos. These routes need no token, aren't logged and aren't affected by faults.
 */
export const serveSimulator = (simulator: Simulator, incoming: Incoming): Reply | Promise<Reply> => {
  const foreign = refuseForeigners(incoming);
  if (foreign !== null) return foreign;
  const route = routes[`${incoming.method} ${incoming.path}`];
  if (route !== undefined) return route(simulator, incoming);
  return reply(404, { error: { code: 'NotFound', message: `No ${incoming.method} ${incoming.path}.` } });
};
