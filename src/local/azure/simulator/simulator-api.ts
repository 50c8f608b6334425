import { z } from 'zod';
import { type Incoming, unreadable } from '../http/incoming.ts';
import { type Reply, reply } from '../http/reply.ts';
import { SimulatorState } from '../state/schema.ts';
import { moveToPort } from '../state/state-file.ts';
import type { World } from '../world.ts';
import { Fault } from './fault.ts';
import type { RequestLog } from './request-log.ts';

const Faults = z.union([Fault, z.array(Fault)]);

const refused = (error: z.ZodError): Reply =>
  reply(400, { error: { code: 'BadRequest', message: z.prettifyError(error) } });

const addFaults = (world: World, body: unknown): Reply => {
  const parsed = Faults.safeParse(body);
  if (!parsed.success) return refused(parsed.error);
  const added = Array.isArray(parsed.data) ? parsed.data : [parsed.data];
  for (const fault of added) {
    const problem = badExpression(fault.match.url);
    if (problem !== null) return reply(400, { error: { code: 'BadRequest', message: problem } });
  }
  world.state.faults.push(...added);
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

const putState = (world: World, body: unknown): Reply => {
  const parsed = SimulatorState.safeParse(body === unreadable ? undefined : body);
  if (!parsed.success) return refused(parsed.error);
  moveToPort(parsed.data, world.port);
  world.state = parsed.data;
  return reply(200, world.state);
};

/** The doors for tests and demonstrations. They need no token and are neither logged nor hit by faults. */
export const serveSimulator = (world: World, log: RequestLog, incoming: Incoming): Reply => {
  switch (`${incoming.method} ${incoming.path}`) {
    case 'GET /simulator/state':
      return reply(200, world.state);
    case 'PUT /simulator/state':
      return putState(world, incoming.body);
    case 'GET /simulator/requests':
      return reply(200, log.all());
    case 'GET /simulator/faults':
      return reply(200, world.state.faults);
    case 'POST /simulator/faults':
      return addFaults(world, incoming.body);
    case 'DELETE /simulator/faults':
      world.state.faults = [];
      return reply(204);
    default:
      return reply(404, { error: { code: 'NotFound', message: `No ${incoming.method} ${incoming.path}.` } });
  }
};
