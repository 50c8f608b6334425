/** Refusals of an edit to a waiting request. */
import type { RefusalWords } from './refusal-words.ts';

export const refusedEdit = {
  'change-half-done': (id) => ({
    title: `Request ${id} has already changed Azure.`,
    text: 'You can’t edit it now. Cancel it, and create another request.',
    unchanged: true,
  }),
  'change-too-late': (id) => ({
    title: `Request ${id} no longer waits for approval.`,
    text: 'Your edit wasn’t saved. The card shows its state. Before a run starts, you can cancel it and request again.',
    unchanged: true,
  }),
  'changed-meanwhile': (id) => ({
    title: `Request ${id} was edited in the meantime.`,
    text: 'Your edit wasn’t saved. Cancel this form, and select Edit request on the current card.',
    unchanged: true,
  }),
  'changed-too-often': (times) => ({
    title: `The request was already edited ${times} times.`,
    text: 'Each edit gives approvers the full time again, so there’s a limit. Cancel the request, and create another one.',
    unchanged: true,
  }),
  'nothing-changed': (id) => ({
    title: `${id} already requests this.`,
    text: 'Select Back to change the vault, version or key. Or edit the reason or the start.',
  }),
} as const satisfies RefusalWords;
