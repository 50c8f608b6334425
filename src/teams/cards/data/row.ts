/** What the cards have in common: the row (glyph, name, small lines, time), facts, and the marks of the design. */
import { z } from 'zod';
import type { Mark } from '../../../text/mark.ts';
import { CardText, Label, nothing } from '../plain-text.ts';

export const Color = z.enum(['Default', 'Accent', 'Good', 'Warning', 'Attention']);
export type Color = z.infer<typeof Color>;
const Weight = z.enum(['Default', 'Bolder']);

/** A small line under a row's name. */
export const Line = z.strictObject({ text: CardText, color: Color, weight: Weight, subtle: z.boolean() });
export type Line = z.infer<typeof Line>;

/** Steps, checks, vaults, keys, proofs, decisions: all look the same. */
export const Row = z.strictObject({
  /** Name in Teams' icon catalog; empty for a number. */
  icon: z.string(),
  /** The number, or what a client without icons shows. */
  glyph: CardText,
  glyphColor: Color,
  glyphSubtle: z.boolean(),
  name: CardText,
  nameWeight: Weight,
  nameSubtle: z.boolean(),
  lines: z.array(Line).max(6),
  /** At the right: a duration or a time. Empty when there is none. */
  time: CardText,
});
export type Row = z.infer<typeof Row>;

export const Fact = z.strictObject({ title: CardText, value: CardText });
export type Fact = z.infer<typeof Fact>;

/** A title (or none) with rows under it; those of what goes on now stand in a box. */
export const Section = z.strictObject({ title: CardText, boxed: z.boolean(), rows: z.array(Row).min(1).max(30) });
export type Section = z.infer<typeof Section>;

/** The badge: the state and the count that matters, `Running: step 3 of 5`. */
export const stateBadge = { stateLine: CardText, stateColor: Color, stateIcon: z.string() };

/** The first two lines of every card about a request. */
export const requestHeader = {
  requestId: z.string(),
  /** Of the asking event: submitted, plan-changed or needs-attention. */
  revision: z.int(),
  /** Who sees their own view of the card, as Teams' user ids; empty: nobody, the card is refreshed by hand. */
  userIds: z.array(z.string()).max(60),
  fallbackText: Label,
  ...stateBadge,
  /** The action and its object: `Enable customer-managed key for triage-agent-prod`. */
  resource: CardText,
};

/** What is decided on: the change, its risks and its consequences. */
export const decision = {
  /** From, To, Key vault, Control. */
  change: z.array(Fact).min(2).max(6),
  /** `2 risks: check them before you decide` */
  risksTitle: CardText,
  /** Findings about this request alone, most dangerous first. */
  risks: z.array(Row).max(8),
  /** What can't be undone, and what has to be kept. */
  consequences: z.array(Row).max(4),
  /** `13 checks passed, 2 notes` */
  checksTitle: CardText,
  /** What is true of most requests. */
  notes: z.array(Row).max(12),
  /** `5 steps in Azure` */
  stepsTitle: CardText,
  steps: z.array(Row).max(10),
  /** `2 people and 3 apps can back up, delete, or grant access to the key` */
  control: CardText,
  /** `The requester is one of them, through Key custodians`, or what isn't known; empty where they are none. */
  askerControls: CardText,
  /** Each controller, with what they can do. */
  controllers: z.array(Row).max(15),
};

/** What a form page needs to be answered. */
export const formHeader = {
  formId: z.string(),
  revision: z.int(),
  fallbackText: Label,
  /** `Step 2 of 4: Key vault` */
  step: CardText,
  stepNumber: z.int(),
  stepCount: z.int(),
  /** `**No agent is called “triage”.** Choose one from the list.` Empty when nothing was wrong with the last answer. */
  problem: CardText,
};

/** A few are all there to be clicked; more are searched. */
export const choiceStyle = z.enum(['expanded', 'filtered']);
export const styleFor = (count: number): z.infer<typeof choiceStyle> => (count <= 5 ? 'expanded' : 'filtered');

/** `value` is sent back, `title` is shown and has to be unique on the card. */
export const Choice = z.strictObject({ title: Label, value: z.string().min(1) });
export type Choice = z.infer<typeof Choice>;

const text = (value: string): CardText => CardText.parse(value);
type RowMark = Pick<Row, 'icon' | 'glyph' | 'glyphColor'>;
const mark = (icon: string, glyph: string, glyphColor: Color): RowMark => ({ icon, glyph: text(glyph), glyphColor });

/** The glyphs of the design, each with the only colour it may have. */
export const marks = {
  /** Read back and true; a check that passes. */
  done: mark('CheckmarkCircle', '✓', 'Good'),
  /** Running, to decide, current page. */
  now: mark('ArrowSync', '●', 'Accent'),
  /** Not yet, or ended without effect. */
  idle: mark('Circle', '○', 'Default'),
  /** A warning, reversibility unknown, look soon. */
  warn: mark('Warning', '△', 'Warning'),
  /** Irreversible, data loss, needs attention. */
  alarm: mark('ErrorCircle', '▲', 'Attention'),
  /** Block, rejected, tried and not done. */
  bad: mark('DismissCircle', '✕', 'Attention'),
} as const satisfies Record<Mark, RowMark>;

/** A person's turn; a past fact; a note. */
export const personMark = mark('Clock', '●', 'Accent');
export const endedMark = mark('SubtractCircle', '–', 'Default');
export const noteMark = mark('Info', 'i', 'Default');

/** A small grey line. */
export const grey = (value: CardText): Line => ({ text: value, color: 'Default', weight: 'Default', subtle: true });
/** A small coloured line; bold when it has to be seen first. */
export const coloured = (value: CardText, color: Color, weight: Line['weight'] = 'Bolder'): Line => ({
  text: value,
  color,
  weight,
  subtle: false,
});

type RowOptions = Partial<Pick<Row, 'nameWeight' | 'nameSubtle' | 'time'>>;

/** A row with one of the marks. */
export function row(
  { icon, glyph, glyphColor }: RowMark,
  name: CardText,
  lines: readonly Line[] = [],
  options: RowOptions = {},
): Row {
  const rest = { nameWeight: 'Default', nameSubtle: false, time: nothing } as const;
  return { icon, glyph, glyphColor, glyphSubtle: false, name, lines: [...lines], ...rest, ...options };
}

/** A row of a numbered list, such as the steps of a plan. */
export const numberedRow = (position: number, name: CardText, lines: readonly Line[] = []): Row => ({
  ...row(mark('', String(position), 'Default'), name, lines, { nameWeight: 'Bolder' }),
  glyphSubtle: true,
});
