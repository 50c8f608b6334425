/** Version of the running program, and its use in events. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Requests } from '../domain/ports/store.ts';
import type { NewEvent } from '../domain/request/events.ts';
import type { Software } from '../domain/request/payloads.ts';
import type { Decision } from '../domain/request/request-command.ts';

const Build = z.object({
  version: z.string(),
  /** Full commit hash, followed by `+` if files differed from it. Missing: run from source, or built without git. */
  commit: z.string().optional(),
  /** ISO 8601, UTC. */
  builtAt: z.string().optional(),
});
type Build = z.infer<typeof Build>;

/** Reads the build information from the package file next to the bundle or at the root of the sources. */
export const ownBuild = async (): Promise<Build> =>
  Build.parse(JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')));

export const ownVersion = async (): Promise<string> => (await ownBuild()).version;

export async function ownSoftware(): Promise<Software> {
  const { version, commit } = await ownBuild();
  return { version, ...(commit === undefined ? {} : { commit }) };
}

function eventWithSoftware(event: NewEvent, software: Software): NewEvent {
  const { body } = event;
  if (body.type === 'submitted') return { ...event, body: { ...body, data: { ...body.data, software } } };
  if (body.type === 'run-checked') return { ...event, body: { ...body, data: { ...body.data, software } } };
  if (body.type === 'evidence-made') return { ...event, body: { ...body, data: { ...body.data, software } } };
  return event;
}

const decisionWithSoftware = (decision: Decision, software: Software): Decision =>
  decision.kind === 'refused'
    ? decision
    : { ...decision, events: decision.events.map((event) => eventWithSoftware(event, software)) };

export const appendWithSoftware =
  (software: Software) =>
  (append: Requests['append']): Requests['append'] =>
  (id, cause, decide) =>
    append(id, cause, (request, now) => decisionWithSoftware(decide(request, now), software));
