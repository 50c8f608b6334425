import type { PersonId } from '../domain/ids.ts';

/** A person's name as Teams last gave it. */
export type Names = (id: PersonId | null) => string;
