/**
 * External evaluation: a write that such a policy is about needs a token for exactly this write (Azure/azure-policy). Of the kinds
 * of endpoint, only `CoinFlip` is here, which always falls on one side.
 */

import { createHash, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Incoming } from '../incoming.ts';
import type { PolicyDefinition } from '../state/policies.ts';
import { sameId } from './ids.ts';

const header = 'x-ms-policy-external-evaluations';
const key = randomBytes(32);

const Bound = z.object({ uri: z.string(), httpMethod: z.string(), contentHash: z.string(), expiration: z.string() });
type Bound = z.infer<typeof Bound>;

/** Of what was parsed: both sides are written the same way again, so that the bytes and their order count. */
export const hashOf = (content: unknown): string =>
  createHash('sha256')
    .update(content === undefined || content === null ? '' : JSON.stringify(content))
    .digest('hex');

const signatureOf = (payload: string): string => createHmac('sha256', key).update(payload).digest('base64url');

export const mint = (bound: Bound): string => {
  const payload = Buffer.from(JSON.stringify(bound)).toString('base64url');
  return `PoP ${payload}.${signatureOf(payload)}`;
};

const read = (token: string): Bound | null => {
  const [payload = '', signature = ''] = token.replace(/^PoP /, '').split('.');
  if (!token.startsWith('PoP ') || signature !== signatureOf(payload)) return null;
  return Bound.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')));
};

/** Whether the request carries a token for itself. */
export const hasToken = ({ headers, sentUrl, method, body }: Incoming, now: Date): boolean => {
  const token = headers[header];
  const bound = typeof token === 'string' ? read(token) : null;
  return (
    bound !== null &&
    sameId(bound.uri, sentUrl) &&
    sameId(bound.httpMethod, method) &&
    bound.contentHash === hashOf(body) &&
    Date.parse(bound.expiration) > now.getTime()
  );
};

type Settings = NonNullable<PolicyDefinition['externalEvaluationEnforcementSettings']>;

/** What a refusal says of the token that is missing. */
export const missingDetails = ({ endpointSettings, resultLifespan, missingTokenAction }: Settings) => ({
  shouldDeny: sameId(missingTokenAction, 'deny'),
  endpointKind: endpointSettings.kind,
  endpointResultLifespan: resultLifespan,
  isChangeReferenceRequired: endpointSettings.details.changeReferenceRequired,
});
