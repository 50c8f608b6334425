/** What goes wrong in the requests that cards show, as Azure and vaults word it. */

import { judge } from '../../../src/domain/check.ts';
import { botFailure, type Failure, type Found } from '../../../src/domain/failure.ts';
import { failure } from '../builders/commands.ts';
import { version } from '../builders/plans.ts';
import { keyName, madeLater, seen, toNewest, vaultId, visitKeyName } from './card-plans.ts';

export const receipt = { clientRequestId: 'client-2', correlationId: '9b7c0d52-41aa-4e0f-8d0e-2f6a1c7e55b1' };
const { correlationId } = receipt;
const ids = { doing: 'granting access to key cmk-triage-agent', clientRequestId: 'c7d1', correlationId };
export const azureSaid = (change: Parameters<typeof failure>[0]): Failure => failure({ ...ids, ...change });
/** As ARM words it, with a scope as long as they are. */
export const forbidden = azureSaid({
  message: `The client '6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f' with object id '6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '${vaultId}/keys/cmk-triage-agent/providers/Microsoft.Authorization/roleAssignments/3c1d8f4e-77aa-5b0e-9a44-51f0e2b7c6d9' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
});
export const forbiddenByVault = azureSaid({
  doing: 'making a version of key cmk-virtual-visit in kv-care-prod',
  code: 'ForbiddenByRbac',
  message: `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: appid=7b1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f;oid=6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f\r\nAction: 'Microsoft.KeyVault/vaults/keys/create/action'\r\nResource: '${vaultId}/keys/cmk-virtual-visit'\r\nAssignment: (not found)\r\nVault: kv-care-prod;location=westeurope`,
});
export const busy = azureSaid({
  next: 'wait',
  code: 'TooManyRequests',
  status: 429,
  message: 'The request is being throttled as the limit has been reached for operation type - Write.',
});
export const spreading = azureSaid({
  next: 'retry-until',
  code: 'KeyVaultAccessForbidden',
  status: 200,
  message: `The identity of the resource may not use the key. Key Vault answered: {"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource.\\r\\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\\r\\nCaller: appid=6f1e2c34-0000-4000-8000-000000000001\\r\\nAction: 'Microsoft.KeyVault/vaults/keys/wrap/action'\\r\\nResource: '/subscriptions/40000000-0000-4000-8000-000000000001/resourcegroups/rg-care-prod/providers/microsoft.keyvault/vaults/kv-care-prod/keys/cmk-triage-agent'\\r\\nAssignment: (not found)\\r\\nDenyAssignmentId: null\\r\\nDecisionReason: null \\r\\nVault: kv-care-prod;location=westeurope\\r\\n"}} ${'And much more of that. '.repeat(20)}`,
});
const own = (found: Found): Failure => botFailure('setting the key of triage-agent-prod', found);
export const readBack = own({
  code: 'key-not-shown',
  shows: null,
  expected: { vaultUri: seen().vault.uri, keyName, keyVersion: version('5') },
});
export const moved = own({
  code: 'key-moved',
  shows: { vaultUri: seen().vault.uri, keyName: visitKeyName, keyVersion: madeLater },
  expected: toNewest.from,
});
export const gone = own({ code: 'missing', what: 'vault' });
export const bug = own({ code: 'unexpected', errorId: 'CMK-7F3K9Q:1' });
export const blocked = own({ code: 'blocked', check: judge('block', 'vault-firewalled', {}) });
export const noAnswer: Failure = {
  source: 'no-answer',
  next: 'wait',
  ...ids,
  change: 'unknown',
  code: 'ECONNREFUSED',
  message: 'connect ECONNREFUSED 10.0.0.4:443',
  retryAfterMs: null,
};
