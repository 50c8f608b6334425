import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import type { Exchange } from '../../sandbox/azure/request-log.ts';
import type { Judgement, Problem } from './judgement.ts';

const described = '7.5';
const folder = `specification/keyvault/data-plane/Microsoft.KeyVault/stable/${described}`;

const Reference = z.object({ $ref: z.string() });
const Operation = z.object({
  operationId: z.string(),
  parameters: z.array(z.looseObject({ in: z.string().optional(), schema: Reference.optional() })).default([]),
  responses: z.record(z.string(), z.object({ schema: Reference.optional() })),
});
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  definitions: z.record(z.string(), z.record(z.string(), z.unknown())),
});
type Schema = Readonly<Record<string, unknown>>;

interface Validate {
  (value: unknown): boolean;
  readonly errors?: readonly { keyword: string; dataPath: string; message?: string; params: unknown }[] | null;
}
type NewAjv = new (options: unknown) => { compile(schema: unknown): Validate };

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** The description's schema with its bases' members as its own, where nothing but what is named may stand. */
const closed = (schema: Schema, all: Readonly<Record<string, Schema>>): Schema => {
  const { allOf = [], ...own } = schema;
  const bases = z
    .array(Reference)
    .parse(allOf)
    .map(({ $ref }) => closed(all[nameOf($ref)] ?? {}, all));
  const properties = Object.assign({}, ...bases.map((base) => base.properties), own.properties);
  return Object.keys(properties).length === 0
    ? own
    : { type: 'object', additionalProperties: false, ...own, properties };
};

/** References lead to one list of definitions, and what may be null may be. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    name === '$ref' ? `#/definitions/${nameOf(String(inner))}` : plain(inner),
  ]);
  const schema = Object.fromEntries(entries);
  return schema['x-nullable'] === true ? { anyOf: [{ type: 'null' }, { ...schema, 'x-nullable': false }] } : schema;
};

/** A key's newest version is addressed without one, which Microsoft documents and the description cannot say. */
const shapeOf = (template: string): RegExp =>
  new RegExp(`^${template.replaceAll('/{key-version}', '(/[^/]*)?').replaceAll(/\{[\w-]+\}/g, '[^/]+')}/?$`, 'i');

interface Described {
  readonly method: string;
  readonly shape: RegExp;
  readonly id: string;
  readonly body: string | null;
  /** By status; the others' answers are in the shape of an error. */
  readonly answers: ReadonlyMap<string, string | null>;
}

/** Literal paths before those with names in them: `/keys/{name}/versions` is no version of a key. */
const byNames = (a: string, b: string): number => a.split('{').length - b.split('{').length;

/** Holds exchanges with a vault's own address against the official description of keys, by the schemas in it. */
export class VaultValidator {
  private readonly operations: readonly Described[];
  private readonly schema: (name: string) => Validate;

  constructor(oav: string, descriptions: string) {
    const read = (file: string) =>
      Document.parse(JSON.parse(readFileSync(path.join(descriptions, folder, file), 'utf8')));
    const [keys, common] = [read('keys.json'), read('common.json')];
    const all = { ...common.definitions, ...keys.definitions };
    const definitions = plain(
      Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, closed(schema, all)])),
    );
    const load = createRequire(path.join(path.resolve(oav), 'package.json'));
    const Ajv = z.custom<NewAjv>((value) => typeof value === 'function').parse(load('ajv'));
    const ajv = new Ajv({ allErrors: true, unknownFormats: 'ignore', logger: false });
    const compiled = new Map<string, Validate>();
    this.schema = (name) => {
      const validate = compiled.get(name) ?? ajv.compile({ $ref: `#/definitions/${name}`, definitions });
      compiled.set(name, validate);
      return validate;
    };
    this.operations = Object.entries(keys.paths)
      .sort(([a], [b]) => byNames(a, b))
      .flatMap(([template, methods]) =>
        Object.entries(methods).map(([method, operation]) => describedBy(template, method, operation)),
      );
  }

  /** Null where the description has no such operation. */
  judge(exchange: Exchange, wanted: string): Pick<Judgement, 'held' | 'operation' | 'request' | 'response'> | null {
    const pathname = new URL(exchange.url).pathname.replaceAll(/\/{2,}/g, '/');
    const found = this.operations.find(({ method, shape }) => method === exchange.method && shape.test(pathname));
    if (found === undefined) return null;
    const status = String(exchange.status);
    const answer = found.answers.has(status) ? found.answers.get(status) : 'KeyVaultError';
    return {
      held: wanted === described ? 'exact' : 'nearest',
      operation: found.id,
      request: this.problems(found.body, exchange.requestBody),
      response: this.problems(answer ?? null, exchange.body),
    };
  }

  private problems(name: string | null, body: unknown): Problem[] {
    if (name === null) {
      return body === null ? [] : [{ code: 'body', at: '', message: 'there should be none' }];
    }
    const validate = this.schema(name);
    if (validate(body)) return [];
    return (validate.errors ?? []).map(({ keyword, dataPath, message, params }) => ({
      code: keyword,
      at: `$${dataPath.replaceAll(/\[\d+\]/g, '[]')}`,
      message: `${message} ${JSON.stringify(params)}`,
    }));
  }
}

const describedBy = (template: string, method: string, operation: z.infer<typeof Operation>): Described => {
  const body = operation.parameters.find((one) => one.in === 'body')?.schema?.$ref;
  return {
    method: method.toUpperCase(),
    shape: shapeOf(template),
    id: operation.operationId,
    body: body === undefined ? null : nameOf(body),
    answers: new Map(
      Object.entries(operation.responses)
        .filter(([status]) => status !== 'default')
        .map(([status, { schema }]) => [status, schema === undefined ? null : nameOf(schema.$ref)]),
    ),
  };
};
