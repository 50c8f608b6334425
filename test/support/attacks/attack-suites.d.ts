/** Heading in docs/security.md, by the suite's file. */
export const attackSuites: Readonly<Record<string, string>>;
