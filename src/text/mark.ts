/** The status of a line, which cards show as a glyph. */
export type Mark = 'done' | 'now' | 'idle' | 'warn' | 'alarm' | 'bad';
