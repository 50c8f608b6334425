import type { PersonId } from '../domain/ids.ts';

/** Returns a person's name, as Teams last reported it. */
export type Names = (id: PersonId | null) => string;
