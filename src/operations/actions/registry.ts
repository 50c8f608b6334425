/** All actions on a request's card. Form buttons are handled by the form. */
import type { Action } from './action.ts';
import { approve } from './approve.ts';
import { cancel } from './cancel.ts';
import { giveUp } from './give-up.ts';
import { refresh } from './refresh.ts';
import { reject } from './reject.ts';
import { remindAction } from './remind.ts';
import { retry } from './retry.ts';
import { stop } from './stop.ts';
import { release, takeOn } from './take-on.ts';
import { withdraw } from './withdraw.ts';

export const actions: readonly Action[] = [
  approve,
  withdraw,
  reject,
  remindAction,
  cancel,
  stop,
  retry,
  takeOn,
  release,
  giveUp,
  refresh,
];
