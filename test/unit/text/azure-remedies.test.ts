import { readFileSync } from 'node:fs';
import type { Failure } from '../../../src/domain/failure.ts';
import { refuseFailure } from '../../../src/domain/request/refusal.ts';
import { refusalCard } from '../../../src/teams/cards/views/short-views.ts';
import { assignmentCommand } from '../../../src/text/permission-remedies.ts';
import { azureRemedies, azureRemedy } from '../../../src/text/remedies.ts';
import { forbiddenByVault } from '../../support/cards/card-failures.ts';

/** What a card says to do: a role of the product's own, who assigns it, and never more access than the change needs. */

type Outside = Exclude<Failure, { readonly source: 'bot' }>;
const failure = (code: string, message = '', more: Partial<Outside> = {}): Outside =>
  ({
    source: 'azure',
    next: 'ask',
    doing: 'granting',
    code,
    message,
    status: 403,
    retryAfterMs: null,
    clientRequestId: null,
    correlationId: null,
    ...more,
  }) as Outside;

const vault = '/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-care-prod';
const refused = (action: string, scope: string) =>
  `The client 'x' with object id 'y' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid.`;

test('each role that a remedy names is one that the product ships and that holds the action', () => {
  const shipped = ['', '-grants', '-logs'].map((name): { Name: string; Actions: string[]; DataActions: string[] } =>
    JSON.parse(readFileSync(`infra/custom-role${name}.json`, 'utf8')),
  );
  for (const { Name, Actions, DataActions } of shipped) {
    for (const action of [...Actions, ...DataActions]) {
      const remedy = azureRemedy(failure('AuthorizationFailed', refused(action, vault)));
      expect(/the role “(.*?)”( \(condition: .*?\))? to the bot/.exec(remedy)?.[1]).toBe(Name);
    }
  }
});

test('no remedy suggests more access than needed', () => {
  const all = Object.keys(azureRemedies).map((code) => azureRemedy(failure(code, refused('a/b/write', vault))));
  for (const remedy of all) {
    expect(remedy).not.toMatch(/assign the role (Owner|Contributor|User Access|Key Vault)|open the vault|purge/i);
  }
});

test('a refused command shows the missing permission and scope, that nothing changed, and what to do', () => {
  const text = JSON.stringify(refusalCard(refuseFailure(forbiddenByVault)).body);
  for (const words of [
    'ForbiddenByRbac: Caller is not authorized',
    'Action: Microsoft.KeyVault/vaults/keys/create/action',
    '/vaults/kv-care-prod/keys/cmk-virtual-visit. Nothing was changed. The bot can’t create key cmk-virtual-visit in kv-care-prod.',
    'to the bot’s identity, and then try again.',
  ])
    expect(text).toContain(words);
});

describe('the command for a missing role', () => {
  const told = (action: string, scope: string): Outside =>
    failure(
      'AuthorizationFailed',
      `The client 'app' with object id '6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f' does not have authorization to perform action '${action}' over scope '${scope}' or the scope is invalid.`,
    );
  it('names the role, the bot’s identity and the scope', () => {
    expect(assignmentCommand(told('Microsoft.KeyVault/vaults/write', vault))).toBe(
      `az role assignment create --role "CMK bot" --assignee-object-id 6f1e2c34-90ab-4d1c-8e55-0a7b3c9d1e2f --assignee-principal-type ServicePrincipal --scope "${vault}"`,
    );
  });

  it('gives the role that assigns roles only with its condition', () => {
    const scope = `${vault}/providers/Microsoft.Authorization/roleAssignments/3c1d8f4e-77aa-5b0e-9a44-51f0e2b7c6d9`;
    const command = assignmentCommand(told('Microsoft.Authorization/roleAssignments/write', scope));
    expect(command).toContain(`--role "CMK bot grants"`);
    expect(command).toContain(`--scope "${vault}" --condition`);
  });

  it.each([
    ['a scope that a shell would read', told('a/write', '/subscriptions/$(reboot)')],
    ['another refusal', { ...told('a/write', vault), code: 'RequestDisallowedByPolicy' }],
    ['words that name nothing', { ...told('a/write', vault), message: 'Forbidden' }],
  ])('is not made of %s', (_what, failure) => expect(assignmentCommand(failure)).toBeNull());
});
