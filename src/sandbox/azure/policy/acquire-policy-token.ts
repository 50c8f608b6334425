import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Incoming, parseBody } from '../http/incoming.ts';
import { type Reply, reply } from '../http/reply.ts';
import { armRoutes, type Call, type Route } from '../http/router.ts';
import { externalViolations, type Violation } from './denial.ts';
import { hashOf, mint } from './policy-tokens.ts';

/** `PT1H30M`, in milliseconds. */
const lifespanMs = (text: string): number => {
  const [, hours = '0', minutes = '0', seconds = '0'] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/.exec(text) ?? [];
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
};

const Asked = z.object({
  operation: z.object({ uri: z.string(), httpMethod: z.string(), content: z.unknown().optional() }),
  changeReference: z.string().nullish(),
});

const verdictOf = ({ definition }: Violation, changeReference: string | null) => {
  const settings = definition.externalEvaluationEnforcementSettings;
  const details = settings?.endpointSettings.details;
  const message =
    details?.changeReferenceRequired === true && changeReference === null
      ? `Policy '${definition.displayName}' requires a change reference.`
      : details?.successProbability === 0
        ? `Policy '${definition.displayName}' denied the operation.`
        : null;
  return {
    policyInfo: { policyDefinitionId: definition.id },
    result: 'Succeeded',
    endpointKind: settings?.endpointSettings.kind,
    policyAction: message === null ? 'Allow' : 'Deny',
    ...(message === null ? {} : { message }),
  };
};

/** The write that a token is wanted for, as it would arrive. */
const asIncoming = (call: Call, { uri, httpMethod, content }: z.infer<typeof Asked>['operation']): Incoming => ({
  ...call.incoming,
  method: httpMethod.toUpperCase(),
  path: new URL(uri).pathname,
  sentUrl: uri,
  body: content,
});

const expirationOf = (violations: readonly Violation[], now: Date): string => {
  const spans = violations.map(({ definition }) =>
    lifespanMs(definition.externalEvaluationEnforcementSettings?.resultLifespan ?? ''),
  );
  return new Date(now.getTime() + Math.min(...spans, 3_600_000)).toISOString();
};

const acquireToken = (call: Call): Reply => {
  const { operation, changeReference = null } = parseBody(Asked, call.incoming.body);
  const violations = externalViolations(call.world.state, asIncoming(call, operation), call.now);
  const results = violations.map((one) => verdictOf(one, changeReference));
  const tokenId = randomUUID();
  if (results.some(({ policyAction }) => policyAction === 'Deny'))
    return reply(200, { result: 'Succeeded', tokenId, results });
  const expiration = expirationOf(violations, call.now);
  const { uri, httpMethod, content } = operation;
  const token = mint({ uri, httpMethod, contentHash: hashOf(content), expiration });
  return reply(200, { result: 'Succeeded', token, tokenId, expiration, results });
};

const route = armRoutes(['2025-03-01', '2025-11-01'], 'Microsoft.Authorization/acquirePolicyToken');
const pattern = '/subscriptions/{sub}/providers/Microsoft.Authorization/acquirePolicyToken';

export const policyTokenRoutes: readonly Route[] = [route('POST', pattern, 'read', acquireToken)];
