/** Heading in test/golden/attacks.md, by the suite's file. */
export const attackSuites: Readonly<Record<string, string>>;
