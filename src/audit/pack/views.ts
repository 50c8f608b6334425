/**
 * Views of a pack's events for tools and people. They are pure projections, so that a verifier can reproduce and compare them.
 * None of them is trusted.
 */
import { canonicalJson } from '../../domain/canonical-json.ts';
import { digestSubject } from '../../domain/digest.ts';
import { type EventOfRequest, lastReading } from '../../domain/evidence/verdict.ts';
import { highestProof } from '../../domain/proof.ts';
import type { ChainLine, RevealedText } from '../../domain/record/chain.ts';
import type { EventBody, EventType, StoredEvent } from '../../domain/request/events.ts';
import type { Request } from '../../domain/request/request.ts';
import { readStrictly, type StrictBodyReader } from '../replay-requests.ts';
import { lineFrom, parseBody } from '../verify.ts';
import { jsonFile, packFile } from './files.ts';

/** Version of the views. Increase it with each change of their contents. */
const schema = 1;

const decisions: readonly EventType[] = [
  'submitted',
  'approved',
  'rejected',
  'cancelled',
  'expired',
  'decided-late',
  'plan-changed',
  'request-changed',
  'run-checked',
  'stop-requested',
  'retried',
  'retried-automatically',
  'taken-on',
  'given-up',
  'texts-erased',
  'evidence-made',
];
const ofSteps: readonly EventType[] = ['step-intended', 'step-done', 'step-failed'];

/** These have their own files. */
const separateFields = new Set(['plan', 'policy', 'reading', 'formId', 'origin']);

const dataOf = ({ body }: StoredEvent): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body.data).filter(([field]) => !separateFields.has(field)));

/** Returns the events of these types, with `fields` of their bodies. */
const rowsOf = (events: readonly StoredEvent[], types: readonly EventType[], ...fields: readonly (keyof EventBody)[]) =>
  events
    .filter(({ body }) => types.includes(body.type))
    .map((event) => {
      const { seq, time, body } = event;
      const chosen = Object.fromEntries(fields.map((field) => [field, body[field]]));
      return { event: seq, time, type: body.type, ...chosen, data: dataOf(event) };
    });

function beforeOf({ plan: { observation } }: Request) {
  const { resource, vault, key, from, grantHeld } = observation;
  return { resource, vault, key, from, grantHeld };
}

function nowOf(events: readonly StoredEvent[]) {
  const last = lastReading(events);
  return last === null ? null : { event: last.seq, time: last.at, ...last.reading };
}

const applied = (events: readonly StoredEvent[]) =>
  events.flatMap(({ seq, time, body }) => ('policy' in body.data ? [{ event: seq, time, ...body.data.policy }] : []));

const ofProof: readonly EventType[] = ['succeeded', 'use-judged'];

/**
 * Returns the views by file name. The plan file is the input of its digest: `sha256sum plan.json` is the digest in the events.
 */
export function viewsOf(request: Request, events: readonly StoredEvent[]): ReadonlyMap<string, Buffer> {
  const of = { schema, request: request.id };
  const { wish, observation } = request.plan;
  const level = request.state === 'succeeded' ? highestProof(request.proofs) : null;
  return new Map([
    [packFile.plan, Buffer.from(canonicalJson(digestSubject(request.plan)))],
    [packFile.decisions, jsonFile({ ...of, events: rowsOf(events, decisions, 'actor', 'submittedBy', 'planDigest') })],
    [
      packFile.change,
      jsonFile({
        ...of,
        resource: wish.resource.id,
        vault: observation.vault.id,
        before: beforeOf(request),
        steps: rowsOf(events, ofSteps, 'changes', 'clientRequestId', 'correlationId'),
        now: nowOf(events),
      }),
    ],
    [packFile.proof, jsonFile({ ...of, state: request.state, level, events: rowsOf(events, ofProof) })],
    [packFile.policy, jsonFile({ ...of, applied: applied(events) })],
  ]);
}

export interface PackEvent extends EventOfRequest {
  readonly line: ChainLine;
}

/** Parses an event, or returns the reason in words. Omitted texts are null, as if they were erased. */
export function readEvent(body: string, texts: readonly RevealedText[], read: StrictBodyReader): PackEvent | string {
  const parsed = parseBody(body);
  if (parsed === null) return 'not a JSON object in canonical form';
  const strict = readStrictly(read, parsed);
  if (typeof strict === 'string') return strict;
  const line = lineFrom(body);
  const { seq, revision, cause, request } = line;
  const shown = texts.filter((text) => text.request === request && text.revision === revision);
  // The strict schema validated these.
  const commitments = parsed.commitments as readonly { readonly field: string }[];
  const fields = commitments.map(({ field }): [string, string | null] => [
    field,
    shown.find((text) => text.field === field)?.text ?? null,
  ]);
  return {
    line,
    request,
    event: { seq, revision, cause, time: strict.time, body: strict.event, texts: Object.fromEntries(fields) },
  };
}
