/** Refusals of an edit to a waiting request. */
import type { RefusalWords } from './refusal-words.ts';

export const refusedEdit = {
  'change-half-done': (id) => ({
    title: `Request ${id} has changed things in Azure already.`,
    text: 'It cannot be made another now. Cancel it, and ask for what you want.',
    unchanged: true,
  }),
  'change-too-late': (id) => ({
    title: `Request ${id} does not wait for approval any more.`,
    text: 'Your change was not stored. The card shows what came of it; while no run has begun you can cancel it and ask again.',
    unchanged: true,
  }),
  'changed-meanwhile': (id) => ({
    title: `Request ${id} was asked anew meanwhile.`,
    text: 'Your change was not stored. Cancel this form and click Change on the card as it is now.',
    unchanged: true,
  }),
  'changed-too-often': (times) => ({
    title: `It was changed ${times} times already.`,
    text: 'Each change gives approvers their whole time again, so there is an end to it. Cancel the request and ask anew.',
    unchanged: true,
  }),
  'nothing-changed': (id) => ({
    title: `This is what ${id} asks for already.`,
    text: 'Go back to change vault, version or key; or change the reason or the start.',
  }),
} as const satisfies RefusalWords;
