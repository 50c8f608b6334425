import type { Incoming } from './incoming.ts';
import { armRefusal, type Refusal } from './reply.ts';

/**
 * Of what is not built here nothing is known: no answer of the real service, least of all that something does not exist. The
 * code is this program's own, so that no client takes it for Azure's.
 */
export const notSimulated = ({ method, path }: Incoming): Refusal =>
  armRefusal(
    501,
    'NotSimulated',
    `The local Azure does not simulate ${method} ${path}; the real one may well serve it.`,
  );
