/** What a glyph says of the line it stands before. What it looks like is the card's affair. */
export type Mark = 'done' | 'now' | 'idle' | 'warn' | 'alarm' | 'bad';
