/** What a suite attacks, by its file. */
export const attackSuites: Readonly<Record<string, string>>;
