/** The record for collectors of events: each line judged by CloudEvents' own package and by OCSF's published definition. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CloudEvent } from 'cloudevents';
import { z } from 'zod';
import { sealWith } from '../../src/audit/audit-tools.ts';
import { cloudEventLine } from '../../src/audit/export-ocsf.ts';
import { openSeals } from '../../src/audit/seals.ts';
import { genesis } from '../../src/audit/verify.ts';
import type { EventBody } from '../../src/domain/request/events.ts';
import { eventSamples } from './event-samples.ts';

const schema: object = JSON.parse(readFileSync(new URL('../support/audit/ocsf-1.5.0.json', import.meta.url), 'utf8'));
const isOcsf = new Ajv2020({ allErrors: true, strict: true, strictRequired: false }).compile(schema);

const Line = z.looseObject({
  specversion: z.string(),
  type: z.string(),
  source: z.string(),
  id: z.string(),
  data: z.looseObject({ class_uid: z.number(), activity_name: z.string(), status: z.string(), raw_data: z.string() }),
});
type Line = z.infer<typeof Line>;

const time = '2026-01-01T10:00:00.000Z';
const seal = sealWith((size) => Buffer.alloc(size), openSeals([Buffer.alloc(32)]));
const place = { seq: 7, request: 'CMK-000001', revision: 2, cause: 'click:approve', n: 0, prev: genesis };

interface LineOptions {
  readonly unread?: true;
  readonly comment?: string;
  /** The stream of events. */
  readonly request?: string;
}

/** A line of the export, of an event that the program can read or, `unread`, cannot. */
function lineOf(body: EventBody, how: LineOptions = {}): Line {
  const { request = place.request } = how;
  const { body: bytes, hash } = seal({ ...place, request, time }, { body, texts: {} });
  const event = { seq: 7, revision: 2, cause: place.cause, time, body, texts: {} };
  const projected = {
    line: { ...place, request, body: bytes, hash, sealKey: null, seal: null },
    event: how.unread === undefined ? event : null,
    who: 'Approver',
    message: 'Approver approved',
    comment: how.comment ?? null,
  };
  const text = cloudEventLine(projected, { first: 'f'.repeat(64), part: 'request CMK-000001' });
  expect(text.endsWith('\n') && text.indexOf('\n') === text.length - 1).toBe(true);
  return Line.parse(JSON.parse(text));
}

/** What is wrong with an event by OCSF's definition. */
function faultsOf({ data }: Line): unknown {
  isOcsf(data);
  return isOcsf.errors ?? [];
}

const [approval] = eventSamples.approved;
if (approval === undefined) throw new Error('there is no sample of an approval');

describe.each(Object.entries(eventSamples))('%s', (type, bodies) => {
  const lines = bodies.map((body) => lineOf(body));

  it('is a CloudEvent that says what, of whom, and when', () => {
    for (const line of lines) {
      // Strict: the constructor throws on anything that the specification has otherwise.
      const { data: _, ...event } = new CloudEvent<unknown>(line, true);
      expect(event).toMatchObject({
        ...{ type: `cmk-bot.audit.${type}`, subject: 'CMK-000001', time, sequence: '000000000007' },
        ...{ partof: 'request CMK-000001', datacontenttype: 'application/json' },
      });
    }
  });

  it('is an event of OCSF around the very bytes of the record', () => {
    for (const line of lines) {
      expect(faultsOf(line)).toEqual([]);
      expect(createHash('sha256').update(line.data.raw_data).digest('hex')).toBe(line.id);
    }
  });
});

it('tells what was done to Azure from what was decided about a request', () => {
  const classes = Object.entries(eventSamples).map(([type, [body]]) => [
    type,
    body === undefined ? null : lineOf(body).data.class_uid,
  ]);
  const onAzure = classes.filter(([, uid]) => uid === 6003).map(([type]) => type);
  expect(onAzure).toEqual(['step-intended', 'step-done', 'step-failed']);
  expect(new Set(classes.map(([, uid]) => uid))).toEqual(new Set([3004, 6003]));
});

it('leaves out what cannot be read in nothing but what it says', () => {
  const line = lineOf(approval, { unread: true });
  expect(new CloudEvent(line, true).type).toBe('cmk-bot.audit.unreadable');
  expect(faultsOf(line)).toEqual([]);
  expect(line.data).toMatchObject({ class_uid: 0, metadata: { uid: line.id } });
});

it.each([
  ['CMK-000001', 'Change request'],
  ['DRIFT-0000000001', 'Agent'],
])('names what texts were erased of: in %s, %s', (request, type) => {
  const [erasure] = eventSamples['texts-erased'];
  if (erasure === undefined) throw new Error('there is no sample of an erasure');
  expect(lineOf(erasure, { request }).data).toMatchObject({ entity: { uid: request, type } });
});

it('is judged by a definition that refuses an event without a required attribute', () => {
  const line = lineOf(approval);
  delete line.data.severity_id;
  expect(faultsOf(line)).not.toEqual([]);
});

it('has what people wrote where it was asked for, and nowhere else', () => {
  expect(lineOf(approval, { comment: 'Not before ward nine' }).data).toMatchObject({ comment: 'Not before ward nine' });
  expect(lineOf(approval).data).not.toHaveProperty('comment');
});
