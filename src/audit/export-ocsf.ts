/**
 * Converts an event to the Open Cybersecurity Schema Framework (schema.ocsf.io, version 1.5.0, classes `entity_management`,
 * `api_activity` and `base_event`). Its original bytes are in `raw_data`, and their SHA-256 in `metadata.uid`, so that a single
 * event can be verified.
 */
import { codeOf, statusOf as httpStatusOf } from '../domain/failure.ts';
import { DriftId } from '../domain/ids.ts';
import type { ChainLine } from '../domain/record/chain.ts';
import { type EventBody, isStep, type StoredEvent } from '../domain/request/events.ts';
import {
  activityOf,
  apiActivity,
  baseEvent,
  entityManagement,
  type OcsfClass,
  ocsfStatusOf,
  ocsfVersion,
  severityOf,
} from './event-classes.ts';
import { safeJson } from './export-jsonl.ts';

type Json = Readonly<Record<string, unknown>>;

interface ExportInput {
  readonly line: ChainLine;
  /** Null: this version can't parse it as an event. */
  readonly event: StoredEvent | null;
  /** Name of the actor; can be empty. */
  readonly who: string;
  /** Description without people's texts. */
  readonly message: string;
  /** People's texts, if included; else null. */
  readonly comment: string | null;
}

const withoutEmpty = (values: Json): Json =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );

function actorOf({ actor, onBehalfOf }: EventBody, who: string): Json {
  switch (actor.kind) {
    case 'person':
      return { user: withoutEmpty({ uid: actor.id, display_name: who, type: 'User', type_id: 1 }) };
    case 'operator':
      return { user: withoutEmpty({ name: actor.id ?? 'operator', type: 'Admin', type_id: 2 }) };
    case 'bot':
      return { app_name: 'cmk-bot', ...(onBehalfOf === null ? {} : { user: { uid: onBehalfOf } }) };
  }
}

const nameIn = (id: string): string => id.slice(id.lastIndexOf('/') + 1);

/** Returns the type of an ARM id: `Microsoft.KeyVault/vaults`. */
const typeIn = (id: string): string | null => /\/providers\/([^/]+\/[^/]+)\/[^/]+$/i.exec(id)?.[1] ?? null;

function resourcesOf({ changes, target }: EventBody): readonly Json[] {
  const changed = (changes ?? []).map((change) => ({ id: change.target as string, data: change as Json | null }));
  const all = changed.length > 0 || target === null ? changed : [{ id: target, data: null }];
  return all.map(({ id, data }) => withoutEmpty({ uid: id, name: nameIn(id), type: typeIn(id), data }));
}

/** Returns Azure's answer, as far as it's stored. */
function responseOf(body: EventBody): Json | null {
  const failure = body.type === 'step-failed' ? body.data.failure : null;
  const answer = withoutEmpty({
    code: failure === null ? null : httpStatusOf(failure),
    error: failure === null ? null : codeOf(failure),
    error_message: failure === null || failure.source === 'bot' ? null : failure.message,
    data: body.correlationId === null ? null : { correlationId: body.correlationId },
  });
  return Object.keys(answer).length === 0 ? null : answer;
}

function classFields({ line, event, comment }: ExportInput): Json {
  if (event === null) return {};
  const { body } = event;
  if (!isStep(body)) {
    const data = withoutEmpty({ resource: body.target, planDigest: body.planDigest, revision: line.revision });
    return withoutEmpty({
      entity: {
        uid: line.request,
        name: line.request,
        type: DriftId.safeParse(line.request).success ? 'Agent' : 'Change request',
        data,
      },
      comment,
    });
  }
  const api = withoutEmpty({
    operation: body.data.step,
    service: { name: 'Azure' },
    request: body.clientRequestId === null ? null : { uid: body.clientRequestId },
    response: responseOf(body),
  });
  return { api, resources: resourcesOf(body), src_endpoint: { svc_name: 'cmk-bot' } };
}

const classOf = (event: StoredEvent | null): OcsfClass =>
  event === null ? baseEvent : isStep(event.body) ? apiActivity : entityManagement;

/** Returns the address of the class in OCSF's documentation. */
const ocsfPage = (event: StoredEvent | null): string =>
  `https://schema.ocsf.io/${ocsfVersion}/classes/${classOf(event).name.toLowerCase().replaceAll(' ', '_')}`;

function metadataOf({ line, event }: ExportInput): Json {
  return withoutEmpty({
    version: ocsfVersion,
    product: { name: 'cmk-bot', vendor_name: 'cmk-bot' },
    uid: line.hash,
    sequence: line.seq,
    correlation_uid: line.request,
    event_code: event?.body.type,
    original_time: event?.time,
    tenant_uid: event?.body.actor.tenantId,
  });
}

/** Returns attributes of the audit log that OCSF doesn't have. */
const unmapped = ({ line, event }: ExportInput): Json =>
  withoutEmpty({
    cause: line.cause,
    revision: line.revision,
    prev: line.prev,
    planDigest: event?.body.planDigest,
    result: event?.body.result,
    submittedBy: event?.body.submittedBy,
  });

function ocsfEvent(input: ExportInput): Json {
  const { line, event, who, message } = input;
  const { uid, name, category } = classOf(event);
  const [activity, activityName] = event === null ? [0, 'Unknown'] : activityOf(event.body);
  const [severity, severityName] = event === null ? [0, 'Unknown'] : severityOf(event.body);
  const [status, statusName] = event === null ? [0, 'Unknown'] : ocsfStatusOf(event.body);
  return withoutEmpty({
    class_uid: uid,
    class_name: name,
    category_uid: category[0],
    category_name: category[1],
    activity_id: activity,
    activity_name: activityName,
    type_uid: uid * 100 + activity,
    type_name: `${name}: ${activityName}`,
    severity_id: severity,
    severity: severityName,
    status_id: status,
    status: statusName,
    // OCSF requires a time.
    time: event === null ? 0 : Date.parse(event.time),
    message,
    actor: event === null ? null : actorOf(event.body, who),
    ...classFields(input),
    metadata: metadataOf(input),
    unmapped: unmapped(input),
    raw_data: line.body,
    raw_data_size: Buffer.byteLength(line.body),
  });
}

// CloudEvents 1.0 export (JSON format), one per line, each with an OCSF event. For event collectors; `audit verify` doesn't
// read it.

interface Envelope {
  /** Hash of the audit log's first event, which identifies the log. */
  readonly first: string;
  /** Part in words; empty: everything. */
  readonly part: string;
}

/** Returns the line with its line feed. */
export function cloudEventLine(input: ExportInput, { first, part }: Envelope): string {
  const { line, event } = input;
  const value = {
    specversion: '1.0',
    type: `cmk-bot.audit.${event?.body.type ?? 'unreadable'}`,
    source: `/cmk-bot/records/${first}`,
    id: line.hash,
    subject: line.request,
    ...(event === null ? {} : { time: event.time }),
    datacontenttype: 'application/json',
    dataschema: ocsfPage(event),
    // Fixed length, so that numbers sort as text.
    sequence: String(line.seq).padStart(12, '0'),
    ...(part === '' ? {} : { partof: part }),
    data: ocsfEvent(input),
  };
  return `${safeJson(value)}\n`;
}
