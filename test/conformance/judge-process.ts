/**
 * Holds what was recorded against the official descriptions, and prints what came of it as JSON. Arguments: the folder of the
 * record, that of the descriptions, that of oav. A process of its own: the validator loads what a test could not.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import { Exchange } from '../../sandbox/azure/exchange-recorder.ts';
import type { Counted, Judgement, Problem } from './judgement.ts';

const Operation = z.object({ operationId: z.string() });
const Description = z.object({
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

interface Described {
  readonly method: string;
  readonly shape: RegExp;
  readonly version: string;
}

/** Operations of any resource, by its id or its type's name: what they describe is no type's shape. */
const isGeneric = (template: string, id: string): boolean =>
  /^\/\{\w+\}/.test(template.replace('/{scope}/', '')) || (id.startsWith('Resources_') && template.endsWith('Name}'));

const shapeOf = (template: string): RegExp =>
  new RegExp(
    `^${template
      .replace(/\/$/, '')
      .replaceAll('.', '\\.')
      .replace('/{scope}', '(/.+)?')
      .replace('/{parentResourcePath}', '/.+')
      .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
    'i',
  );

const daysBetween = (a: string, b: string): number =>
  Math.abs(Date.parse(a.slice(0, 10)) - Date.parse(b.slice(0, 10))) / 86_400_000;

/** Which api-versions there are descriptions of, operation by operation, in a copy of Azure's descriptions. */
class ArmDescriptions {
  private readonly described: readonly Described[];
  private readonly generic: ReadonlySet<string>;

  constructor(folder: string) {
    const generic = new Set<string>();
    this.described = armFiles(folder).flatMap((file) => {
      const read = Description.safeParse(JSON.parse(readFileSync(file, 'utf8')));
      if (!read.success) return [];
      const { info, paths } = read.data;
      return Object.entries(paths).flatMap(([template, methods]) =>
        Object.entries(methods).flatMap(([method, value]): Described[] => {
          const operation = Operation.safeParse(value);
          if (!operation.success) return [];
          if (!isGeneric(template, operation.data.operationId)) {
            return [{ method: method.toUpperCase(), shape: shapeOf(template), version: info.version }];
          }
          generic.add(operation.data.operationId);
          return [];
        }),
      );
    });
    this.generic = generic;
  }

  /** The nearest first. */
  versionsFor(method: string, pathname: string, wanted: string): readonly string[] {
    const found = this.described.filter((one) => one.method === method && one.shape.test(pathname));
    const versions = [...new Set(found.map(({ version }) => version))];
    return versions.sort((a, b) => daysBetween(a, wanted) - daysBetween(b, wanted));
  }

  saysNothing(operationId: string): boolean {
    return this.generic.has(operationId);
  }
}

const armFiles = (folder: string): readonly string[] =>
  readdirSync(path.join(folder, 'specification'), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\/resource-manager\/.*\/stable\/[^/]+\/[^/]+\.json$/.test(file))
    .map((file) => path.join(folder, 'specification', file));

const Result = z.object({
  isSuccessful: z.boolean().optional(),
  operationInfo: z.object({ operationId: z.string() }),
  errors: z.array(z.object({ code: z.string(), message: z.string(), pathsInPayload: z.array(z.string()) })),
  runtimeException: z.object({ code: z.string(), message: z.string() }).nullish(),
});
type Result = z.infer<typeof Result>;
const Results = z.object({ requestValidationResult: Result, responseValidationResult: Result });

interface LiveValidator {
  initialize(): Promise<void>;
  validateLiveRequestResponse(pair: unknown): Promise<unknown>;
}
type NewLiveValidator = new (options: unknown, log: () => void) => LiveValidator;
const Oav = z.object({ LiveValidator: z.custom<NewLiveValidator>((value) => typeof value === 'function') });

/** Descriptions of the service that are no operations on resources, and examples. */
const pattern = 'specification/**/resource-manager/**/stable/**/*.json';

const open = async (oav: string, descriptions: string): Promise<LiveValidator> => {
  const load = createRequire(path.join(path.resolve(oav), 'package.json'));
  const { LiveValidator } = Oav.parse(load('oav/dist/lib/liveValidation/liveValidator'));
  const options = {
    directory: descriptions,
    git: { shouldClone: false },
    isArmCall: true,
    swaggerPathsPattern: [pattern],
    excludedSwaggerPathsPattern: ['**/examples/**'],
  };
  const validator = new LiveValidator(options, () => undefined);
  await validator.initialize();
  return validator;
};

/** What the validator says of an operation that it knows, and nothing of one that it does not. */
const problemsOf = ({ errors, runtimeException }: Result): Problem[] => [
  ...errors.map(({ code, message, pathsInPayload }) => ({
    code,
    at: (pathsInPayload[0] ?? '').replaceAll(/\[\d+\]/g, '[]').replaceAll(/\/\d+(?=\/|$)/g, '[]'),
    message,
  })),
  // Whatever keeps it from looking at an operation that it found is not taken for "nothing wrong".
  ...(runtimeException ? [{ code: runtimeException.code, at: '', message: runtimeException.message }] : []),
];

const isUnknown = ({ runtimeException }: Result): boolean =>
  runtimeException?.code.startsWith('OPERATION_NOT_FOUND') === true;

/**
 * As descriptions write it: without slashes too many, and with a parent where rights on a resource are asked for, since the
 * template has one and a resource of the first rank has none.
 */
const addressOf = (exchange: Exchange): URL => {
  const url = new URL(exchange.url);
  url.pathname = url.pathname
    .replaceAll(/\/{2,}/g, '/')
    .replace(/\/$/, '')
    .replace(/(\/providers\/[^/]+)((?:\/[^/]+){2}\/providers\/Microsoft\.Authorization\/permissions)$/i, '$1/none$2');
  return url;
};

const pairOf = (exchange: Exchange, url: URL) => ({
  liveRequest: {
    method: exchange.method,
    url: url.pathname + url.search,
    headers: { 'content-type': 'application/json', ...exchange.requestHeaders },
    body: exchange.requestBody ?? undefined,
  },
  liveResponse: {
    // A number is not understood.
    statusCode: String(exchange.status),
    headers: Object.fromEntries(Object.entries(exchange.headers).map(([name, value]) => [name, String(value)])),
    body: exchange.body ?? undefined,
  },
});

type Held = Pick<Judgement, 'held' | 'operation' | 'request' | 'response'>;

/** Holds exchanges with Azure Resource Manager against the official descriptions, by oav's validator of live traffic. */
class ArmValidator {
  private readonly validator: LiveValidator;
  private readonly descriptions: ArmDescriptions;

  private constructor(validator: LiveValidator, descriptions: ArmDescriptions) {
    this.validator = validator;
    this.descriptions = descriptions;
  }

  static async open(oav: string, descriptions: string): Promise<ArmValidator> {
    return new ArmValidator(await open(oav, descriptions), new ArmDescriptions(descriptions));
  }

  /** Null where no description covers the operation, whatever the version. */
  async judge(exchange: Exchange, wanted: string): Promise<Held | null> {
    const url = addressOf(exchange);
    for (const version of this.descriptions.versionsFor(exchange.method, url.pathname, wanted)) {
      url.searchParams.set('api-version', version);
      const answer = await this.validator.validateLiveRequestResponse(structuredClone(pairOf(exchange, url)));
      const { requestValidationResult: request, responseValidationResult: response } = Results.parse(answer);
      const operation = response.operationInfo.operationId;
      if (isUnknown(response) || this.descriptions.saysNothing(operation)) continue;
      return {
        held: version === wanted ? 'exact' : 'nearest',
        operation,
        request: problemsOf(request),
        response: problemsOf(response),
      };
    }
    return null;
  }
}

/** What local Azures recorded in a folder, in no order across them. Half a line was written by one that was killed. */
function* exchangesIn(folder: string): Generator<Exchange> {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.jsonl'))) {
    for (const line of readFileSync(path.join(folder, file), 'utf8').split('\n')) {
      const exchange = line.endsWith('}') ? Exchange.safeParse(parsed(line)) : null;
      if (exchange?.success) yield exchange.data;
    }
  }
}

const parsed = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
};

const [, , record = '', descriptions = '', oav = ''] = process.argv;
const arm = await ArmValidator.open(oav, descriptions);

const judge = async (exchange: Exchange): Promise<Judgement> => {
  const { method, status, url, from } = exchange;
  const version = new URL(url).searchParams.get('api-version') ?? '';
  const here = { operation: '', method, version, status, request: [], response: [] };
  if (from === 'fault') return { ...here, held: 'fault' };
  if (status === 501) return { ...here, held: 'absent' };
  return { ...here, held: 'none', ...(await arm.judge(exchange, version)) };
};

/** Alike ones together, each with how many there were. */
const counts = new Map<string, number>();
for (const exchange of exchangesIn(record)) {
  const judgement = JSON.stringify(await judge(exchange));
  counts.set(judgement, (counts.get(judgement) ?? 0) + 1);
}
const counted = [...counts].map(([judgement, count]): Counted => ({ ...JSON.parse(judgement), count }));
process.stdout.write(JSON.stringify(counted));
