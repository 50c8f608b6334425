/**
 * What people's scripts rely on, kept as files: help of the command line, its JSON and stored events.
 * `UPDATE_GOLDEN=1 npm test -- test/contract/public-surface` rewrites them; git then shows what changes.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { planSchema } from '../../src/domain/plan.ts';
import { payloadsWith } from '../../src/domain/request/payloads.ts';
import { StoredChangeSpec } from '../../src/operations/registry.ts';
import { subcommands } from '../../src/operator/cli/registry.ts';
import { cmkBot } from '../support/processes/command-line.ts';
import { follow } from '../support/world/path.ts';
import { scenario } from '../support/world/scenario.ts';
import { choices } from '../support/world/story.ts';

const folder = fileURLToPath(new URL('../golden/public/', import.meta.url));

function expectSame(name: string, text: string): void {
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}${name}`, text);
  }
  expect(text).toBe(readFileSync(`${folder}${name}`, 'utf8'));
}

interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** A JSON schema in the notation of types: `{a: string, b?: #1 | null}`. Keywords that types don't have stay JSON. */
function typeOf(schema: Schema, indent = ''): string {
  const { $ref, anyOf, oneOf, type, properties, required, additionalProperties, items, ...more } = schema;
  const rest = Object.keys(more).length > 0 ? ` ${JSON.stringify(more)}` : '';
  const inner = `${indent} `;
  const wrap = (parts: readonly string[], open: string, by: string, close: string): string => {
    const flat = `${open}${parts.join(by)}${close}`;
    if (flat.length + indent.length < 120 && !flat.includes('\n')) return flat;
    return `${open}\n${parts.map((part) => `${inner}${part}`).join(`${by.trimEnd()}\n`)}${close}`;
  };
  if (typeof $ref === 'string') return `${$ref.replace('#/$defs/__schema', '#')}${rest}`;
  const union = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (union !== undefined)
    return wrap(
      union.map((one) => typeOf(one, inner)),
      oneOf === undefined ? '(' : 'one of (',
      ' | ',
      `)${rest}`,
    );
  if (items !== undefined) return `${typeOf(items as Schema, indent)}[]${rest}`;
  if (properties === undefined)
    return additionalProperties === undefined ? `${String(type)}${rest}` : JSON.stringify(schema);
  const isOptional = (name: string): boolean => !(Array.isArray(required) && required.includes(name));
  const fields = Object.entries(properties).map(
    ([name, field]) => `${name}${isOptional(name) ? '?' : ''}: ${typeOf(field, inner)}`,
  );
  return wrap(fields, additionalProperties === false ? '{' : 'open {', ', ', `}${rest}`);
}

/** `a.b[].c: string`, one line for each value that JSON has, whatever it is. */
function shapeOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => shapeOf(item, `${path}[]`));
  if (value === null || typeof value !== 'object') return [`${path}: ${value === null ? 'null' : typeof value}`];
  return Object.entries(value).flatMap(([name, field]) => shapeOf(field, path === '' ? name : `${path}.${name}`));
}

test('help of every command', async () => {
  const calls = [[], ...subcommands.map(({ name }) => name.split(' '))];
  const texts: string[] = [];
  for (const call of calls) {
    const { code, out } = await cmkBot([...call, '--help']);
    expect({ call, code }).toEqual({ call, code: 0 });
    texts.push(`$ cmk-bot ${[...call, '--help'].join(' ')}\n${out}`);
  }
  expectSame('help.txt', texts.join('\n'));
});

test('stored events', () => {
  const events = z.strictObject(payloadsWith(planSchema(StoredChangeSpec)));
  const { properties, $defs } = z.toJSONSchema(events, { io: 'input', unrepresentable: 'any', reused: 'ref' });
  const lines = Object.entries({ ...properties, ...$defs } as Readonly<Record<string, Schema>>).map(
    ([name, schema]) => `${name.replace('__schema', '#')}: ${typeOf(schema)}\n`,
  );
  expectSame('events.txt', lines.join(''));
});

describe('of a sandbox with one request', () => {
  const world = scenario({ own: {} });
  let id = '';
  const json = async (...args: readonly string[]): Promise<unknown> => {
    const { code, out } = await cmkBot([...args, '--json'], world.settings);
    expect({ args, code }).toEqual({ args, code: 0 });
    return JSON.parse(out);
  };

  beforeAll(async () => {
    id = (await follow(world, choices.first)).id;
  });

  test.each([
    ['requests-list', () => ['requests', 'list']],
    ['requests-show', () => ['requests', 'show', id]],
    ['audit-verify', () => ['audit', 'verify']],
  ])('fields of %s --json', async (name, args) => {
    const lines = new Set(shapeOf(await json(...args())));
    expectSame(`${name}.txt`, `${[...lines].sort().join('\n')}\n`);
  });
});
