/**
 * Texts for a waiting step: what is missing, whether that is usual, and how long it takes. Plain text, not escaped for
 * cards.
 */
import type { Failure, Found, FoundCode } from '../domain/failure.ts';
import { hasFailed } from '../domain/observed.ts';
import type { StepName } from '../domain/plan.ts';
import { roleTaskCommand, roleTaskTitle } from './permission-remedies.ts';
import { stepTable } from './steps.ts';

/** `Usually takes 15 to 90 s.` */
export function usualWords(step: StepName): string {
  const { seconds } = stepTable[step];
  if (seconds === null) return 'It ends when someone has run the command.';
  return `Usually takes ${seconds.most <= 10 ? 'some seconds' : `${seconds.least} to ${seconds.most} s`}.`;
}

/** The total for these steps in sequence: `Usually takes 1 to 4 min.` */
export function usualInAll(steps: readonly StepName[]): string {
  const each = steps.flatMap((step) => stepTable[step].seconds ?? []);
  if (each.length < steps.length) return 'The run waits until someone has run a command.';
  const sum = (which: 'least' | 'most'): number => each.reduce((seconds, one) => seconds + one[which], 0);
  const least = Math.max(1, Math.round(sum('least') / 60));
  const most = Math.ceil(sum('most') / 60);
  return `Usually takes ${least >= most ? `${most} min at most` : `${least} to ${most} min`}.`;
}

const spreading =
  'Waiting for the key access to take effect in Azure. This is expected and usually takes 1 to 5 minutes.';
const notShownYet = 'Azure doesn’t show the change yet. This usually takes less than a minute.';

/** For other codes, Azure doesn't show the change yet. */
const foundWaiting: { readonly [C in FoundCode]?: (found: Extract<Found, { readonly code: C }>) => string } = {
  'resource-busy': ({ provisioningState }) =>
    `Azure is still working on the resource (${provisioningState}). This usually takes 15 to 90 seconds.`,
  'resource-not-settled': ({ provisioningState }) =>
    hasFailed(provisioningState)
      ? `The resource’s state in Azure is ${provisioningState}. The bot sends the change again: the role assignment might need longer.`
      : `Azure accepted the change and still shows the resource as ${provisioningState}. The bot checks again.`,
  interrupted: () => 'The bot was interrupted. Azure doesn’t show the change, so the bot sends it again.',
  'role-needed': (task) => `${roleTaskTitle(task)}: ${roleTaskCommand(task)}`,
};

type AzureFailure = Extract<Failure, { readonly source: 'azure' }>;

function azureWaiting({ next, code, status }: AzureFailure): string {
  if (code === 'PrincipalNotFound') {
    return 'The resource’s new identity isn’t available everywhere yet. This is expected and usually takes less than 2 minutes.';
  }
  if (next === 'retry-until') return spreading;
  if (status === 429) return 'Azure limits the number of calls right now. This usually passes in a minute.';
  if (status === 409 || status === 412)
    return 'Azure is busy with another change to this resource. This usually passes in a minute.';
  if (code === 'UnexpectedAnswer') return 'Azure’s answer was incomplete. The bot checks again.';
  if (status === 404) return 'Azure can’t find its own operation. The bot checks the resource instead.';
  if (status < 500) return 'Azure refused the change. The bot reads what is in the way, and tries again.';
  return 'Azure reports an internal error. This usually passes in a few minutes.';
}

/** Returns the text for a failed step that is retried automatically. */
export function waitingWords(failure: Failure): string {
  switch (failure.source) {
    case 'bot':
      return (
        (foundWaiting[failure.found.code] as ((found: Found) => string) | undefined)?.(failure.found) ?? notShownYet
      );
    case 'azure':
      return azureWaiting(failure);
    case 'sign-in':
      return 'The bot couldn’t sign in to Azure. This usually passes in a minute.';
    case 'no-answer':
      return 'Azure’s answer didn’t arrive. The bot checks whether the change was made before it sends it again.';
  }
}
