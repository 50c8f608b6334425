/** Codes that nothing here brings forth by itself: answered as the public reports have them, in a tester's words. */
import type { AzureUnderRun } from './azure-under-run.ts';
import { asks, type FailureGroup, type FailureRow, run } from './failure-row.ts';

/** Stands for every code without a remedy of its own. */
export const unknownCode = 'CodeThatNobodyKnows';
const message = 'In a tester’s words.';

const answers =
  (method: string, url: string, status: number, code: string, more = message) =>
  (azure: AzureUnderRun) =>
    azure.fault({ match: { method, url }, respond: { status, body: { error: { code, message: more } } } });

const ends = (code: string) => (azure: AzureUnderRun) => {
  const match = { method: 'PATCH', url: 'healthBots', carries: 'properties.keyVaultProperties' };
  return azure.fault({ match, operation: { status: 'Failed', error: { code, message } } });
};

/** Of the write that gives the agent its identity: the first of a run. */
const ofWrite = (status: number, code: string, more?: string): FailureRow =>
  run(
    `A change of an agent is refused: ${status} ${code}.`,
    answers('PATCH', 'healthBots', status, code, more),
    asks('enable-identity', code),
  );
const ofGrant = (status: number, code: string): FailureRow =>
  run(
    `A grant is refused: ${status} ${code}.`,
    answers('PUT', 'roleAssignments', status, code),
    asks('grant-key-access', code),
  );
const ofReading = (status: number, code: string): FailureRow =>
  run(
    `Reading the agent is refused: ${status} ${code}.`,
    answers('GET', 'healthBots/triage', status, code),
    asks('check', code),
  );
const ofOperation = (code: string, more: Partial<FailureRow> = {}): FailureRow => ({
  ...run(`The change of a key fails with ${code}.`, ends(code), asks('set-cmk', code)),
  ...(more as object),
});

const linked =
  "The client has permission to perform action 'Microsoft.HealthBot/healthBots/write' on scope '/x'; however, it does not have permission to perform action(s) 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' on the linked scope(s) '/subscriptions/40000000-0000-4000-8000-000000000001/resourceGroups/rg-care-prod/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-shared' (respectively).";

export const codeRows: FailureGroup = {
  title: 'Other codes',
  rows: [
    ofWrite(403, 'LinkedAuthorizationFailed', linked),
    ofWrite(404, 'NotFound'),
    ofWrite(404, 'ResourceNotFound'),
    ofWrite(404, 'ResourceGroupNotFound'),
    ofGrant(404, 'ParentResourceNotFound'),
    ofGrant(403, 'DenyAssignmentAuthorizationFailed'),
    ofWrite(403, 'RequestDisallowedByAzure'),
    ofWrite(409, 'ResourceGroupBeingDeleted'),
    ofWrite(400, 'FailedIdentityOperation'),
    ofWrite(409, 'ReadOnlyDisabledSubscription'),
    ofWrite(409, 'QuotaExceeded'),
    ofReading(404, 'SubscriptionNotFound'),
    ofReading(400, 'NoRegisteredProviderFound'),
    ofReading(400, 'InvalidApiVersionParameter'),
    ofReading(401, 'ExpiredAuthenticationToken'),
    ofReading(401, 'InvalidAuthenticationToken'),
    ofReading(401, 'InvalidAuthenticationTokenTenant'),
    ofReading(401, 'AuthenticationFailed'),
    ofOperation('KeyOperationNotAllowed'),
    ofOperation('Canceled'),
    ofOperation('ForbiddenByPolicy'),
    ofOperation(unknownCode, { what: 'The operation that sets the key fails with an unlisted code.' }),
    { ...ofWrite(400, unknownCode), what: 'Azure refuses a change with an unlisted code.' },
    run(
      'What answers is a page that is no answer of Azure’s (200).',
      (azure) =>
        azure.fault({
          match: { method: 'GET', url: 'healthBots/triage' },
          respond: { status: 200, body: '<html>Sign in</html>' },
        }),
      asks('check', 'UnexpectedAnswer'),
    ),
  ],
};
