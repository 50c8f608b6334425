import type { Roles } from '../../../authorization/role-checks.ts';
import { grey, numberedRow } from '../data/row.ts';
import { label, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { roleText } from './help-view.ts';

/** `roles`: of the only person in the conversation; null if there are several. */
export function welcomeCard(roles: Roles | null): AdaptiveCard {
  return renderCard('welcome', {
    fallbackText: label('CMK bot puts healthcare agents under keys of your own. Type /cmk-help to begin.'),
    rows: [
      numberedRow(1, plain('Ask'), [grey(plain('Four short pages. Nothing is changed yet.'))]),
      numberedRow(2, plain('Approve'), [
        grey(plain('Another person decides. They see the current state and the planned change.')),
      ]),
      numberedRow(3, plain('Watch'), [grey(plain('One card shows every step, what Azure said, and the proof.'))]),
    ],
    role:
      roles === null
        ? plain('Requesters submit, approvers decide, readers view. Help says what you can do.')
        : roleText({ mayAsk: roles.asks, mayApprove: roles.approves }),
    mayAsk: roles === null || roles.asks,
  });
}
