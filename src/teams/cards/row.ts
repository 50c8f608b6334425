/** Parts that cards share: the row (glyph, name, small lines, time), facts, and status marks. */
import type { Mark } from '../../text/words.ts';
import { CardText, nothing } from './plain-text.ts';

export type Color = 'Default' | 'Accent' | 'Good' | 'Warning' | 'Attention';
type Weight = 'Default' | 'Bolder';

export interface Line {
  readonly text: CardText;
  readonly color: Color;
  readonly weight: Weight;
  readonly subtle: boolean;
}

/** A status mark: `icon` is a name in Teams' icon catalog, `glyph` the text for clients without icons. */
export interface RowMark {
  readonly icon: string;
  readonly glyph: CardText;
  readonly glyphColor: Color;
}

/** Steps, checks, vaults, keys, proofs and decisions all use this row. Without an icon, the glyph is a number. */
export interface Row extends RowMark {
  readonly glyphSubtle: boolean;
  readonly name: CardText;
  readonly nameWeight: Weight;
  readonly nameSubtle: boolean;
  readonly lines: readonly Line[];
  /** On the right: a duration or a time. Can be empty. */
  readonly time: CardText;
}

export interface Fact {
  readonly title: CardText;
  readonly value: CardText;
}

/** Rows with an optional title; running ones are in a box. */
export interface Section {
  readonly title: CardText;
  readonly boxed: boolean;
  readonly rows: Row[];
}

/** A few choices are buttons; more have a search. */
export const styleFor = (count: number): 'expanded' | 'filtered' => (count <= 5 ? 'expanded' : 'filtered');

const text = (value: string): CardText => CardText.parse(value);
const mark = (icon: string, glyph: string, glyphColor: Color): RowMark => ({ icon, glyph: text(glyph), glyphColor });

/** The status glyphs, each with its only color. */
export const marks = {
  /** Verified; a check that passed. */
  done: mark('CheckmarkCircle', '✓', 'Good'),
  /** Running, waiting for a decision, current page. */
  now: mark('ArrowSync', '●', 'Accent'),
  /** Not started, or ended without effect. */
  idle: mark('Circle', '○', 'Default'),
  /** A warning, might not be reversible, needs a check soon. */
  warn: mark('Warning', '△', 'Warning'),
  /** Irreversible, data loss, needs attention. */
  alarm: mark('ErrorCircle', '▲', 'Attention'),
  /** Blocked, rejected, failed. */
  bad: mark('DismissCircle', '✕', 'Attention'),
} as const satisfies Record<Mark, RowMark>;

/** Waiting for a person; a past fact; a note. */
export const personMark = mark('Clock', '●', 'Accent');
export const endedMark = mark('SubtractCircle', '–', 'Default');
export const noteMark = mark('Info', 'i', 'Default');

export const fact = (title: string, value: CardText): Fact => ({ title: text(title), value });

export const grey = (value: CardText): Line => ({ text: value, color: 'Default', weight: 'Default', subtle: true });
export const coloured = (value: CardText, color: Color, weight: Line['weight'] = 'Bolder'): Line => ({
  text: value,
  color,
  weight,
  subtle: false,
});

type RowOptions = Partial<Pick<Row, 'nameWeight' | 'nameSubtle' | 'time'>>;

export function row(
  { icon, glyph, glyphColor }: RowMark,
  name: CardText,
  lines: readonly Line[] = [],
  options: RowOptions = {},
): Row {
  const rest = { nameWeight: 'Default', nameSubtle: false, time: nothing } as const;
  return { icon, glyph, glyphColor, glyphSubtle: false, name, lines: [...lines], ...rest, ...options };
}

export const numberedRow = (position: number, name: CardText, lines: readonly Line[] = []): Row => ({
  ...row(mark('', String(position), 'Default'), name, lines, { nameWeight: 'Bolder' }),
  glyphSubtle: true,
});
