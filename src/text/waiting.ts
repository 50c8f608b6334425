/** What is waited for, calmly: what has not come yet, whether that is usual, and for how long. Plain text: not yet safe for a card. */
import type { Failure, Found } from '../domain/failure.ts';
import type { StepName } from '../domain/plan.ts';
import { hasFailed } from '../domain/provisioning.ts';

/** What the bot looks at before it tries again, and while Azure is at work. */
export const looksAt: Readonly<Record<StepName, string>> = {
  'enable-identity': 'the agent',
  'make-key-version': 'the key in the vault',
  'grant-key-access': 'the grant on the key',
  'protect-vault': 'the vault',
  'set-cmk': 'the agent',
  verify: 'agent, vault, grant and key',
};

const some = { least: 1, most: 10 };
const many = { least: 15, most: 90 };

/** How long Azure usually takes, in seconds. */
const usual: Readonly<Record<StepName, { readonly least: number; readonly most: number }>> = {
  'enable-identity': many,
  'make-key-version': some,
  'grant-key-access': some,
  'protect-vault': some,
  'set-cmk': many,
  verify: some,
};

/** `15 to 90 s` */
export function usualWords(step: StepName): string {
  const { least, most } = usual[step];
  return most <= some.most ? 'some seconds' : `${least} to ${most} s`;
}

/** Of all of these steps, one after the other: `1 to 4 min`. */
export function usualInAll(steps: readonly StepName[]): string {
  const sum = (which: 'least' | 'most'): number => steps.reduce((seconds, step) => seconds + usual[step][which], 0);
  const [least, most] = [Math.max(1, Math.round(sum('least') / 60)), Math.ceil(sum('most') / 60)];
  return least >= most ? `${most} min at most` : `${least} to ${most} min`;
}

const spreading = 'The grant is spreading through Azure. That is expected: it usually takes 1 to 5 minutes.';
const notShownYet = 'Azure does not show the change yet. That usually takes less than a minute.';

function foundWaiting(found: Found): string {
  switch (found.code) {
    case 'resource-busy':
      return `Azure is still at work on the agent (${found.provisioningState}). That usually takes 15 to 90 seconds.`;
    case 'resource-not-settled':
      return hasFailed(found.provisioningState)
        ? `Azure left the agent ${found.provisioningState}. The change is sent again: the grant may just need longer.`
        : `Azure took the change, and still shows the agent as ${found.provisioningState}. The bot looks again.`;
    case 'stopped-before-making':
      return 'The bot was stopped before it asked for the key. It asks now.';
    case 'blocked':
    case 'missing':
    case 'vault-moved':
    case 'resource-moved':
    case 'replaced':
    case 'identity-changed':
    case 'access-gone':
    case 'identity-lost':
    case 'identity-not-shown':
    case 'key-of-others':
    case 'key-doubtful':
    case 'key-not-there':
    case 'key-made-otherwise':
    case 'access-mode-changed':
    case 'grant-not-shown':
    case 'protection-not-shown':
    case 'key-not-shown':
    case 'key-moved':
    case 'membership-unknown':
    case 'requester-lost-role':
    case 'run-lost':
    case 'stopped':
    case 'unexpected':
    case 'not-of-kind':
    case 'outside-subscriptions':
    case 'not-a-vault-address':
    case 'key-probe-mismatch':
    case 'key-not-usable':
      return notShownYet;
  }
}

type Told = Extract<Failure, { readonly source: 'azure' }>;

function toldWaiting({ next, code, status }: Told): string {
  if (code === 'PrincipalNotFound') {
    return 'The agent’s new identity is not known everywhere yet. That is expected: it usually takes less than 2 minutes.';
  }
  if (next === 'retry-until') return spreading;
  if (status === 429)
    return 'Azure asks everybody here to slow down. That is usual where much is going on, and passes.';
  if (status === 409 || status === 412)
    return 'Azure is busy with another change here. That usually passes in a minute.';
  if (code === 'UnexpectedAnswer') return 'Azure’s answer broke off on its way. The bot looks again.';
  if (status === 404) return 'Azure does not know its own operation. The bot looks at the agent itself instead.';
  if (status < 400)
    return 'Azure could not do it yet. Where the grant is spreading that is expected, for 1 to 5 minutes.';
  return 'Azure has some trouble of its own. That usually passes in a few minutes.';
}

/** Of a step that failed and is tried again by itself. */
export function waitingWords(failure: Failure): string {
  switch (failure.source) {
    case 'bot':
      return foundWaiting(failure.found);
    case 'azure':
      return toldWaiting(failure);
    case 'sign-in':
      return 'The bot could not sign in to Azure just now. That usually passes in a minute.';
    case 'no-answer':
      return 'Azure’s answer did not arrive. The bot looks whether the change was made before it sends it again.';
  }
}
