import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import type { Exchange } from '../../sandbox/azure/request-log.ts';
import { ArmDescriptions } from './arm-descriptions.ts';
import type { Judgement, Problem } from './judgement.ts';

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
export class ArmValidator {
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
