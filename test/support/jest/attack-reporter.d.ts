/** What was tried, the suite, and what the names of its tests have in common. */
export const attackRows: readonly (readonly [what: string, suite: string, name: string])[];
