/** Heading in docs/explain/security.md, by the suite's file. */
export const attackSuites: Readonly<Record<string, string>>;
