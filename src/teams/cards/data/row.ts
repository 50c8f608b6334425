/** Parts that cards share: the row (glyph, name, small lines, time), facts, and status marks. */
import { z } from 'zod';
import type { Mark } from '../../../text/words.ts';
import { CardText, Label, nothing } from '../plain-text.ts';

export const Color = z.enum(['Default', 'Accent', 'Good', 'Warning', 'Attention']);
export type Color = z.infer<typeof Color>;
const Weight = z.enum(['Default', 'Bolder']);

/** A small line below a row's name. */
export const Line = z.strictObject({ text: CardText, color: Color, weight: Weight, subtle: z.boolean() });
export type Line = z.infer<typeof Line>;

/** Steps, checks, vaults, keys, proofs and decisions all use this row. */
export const Row = z.strictObject({
  /** Name in Teams' icon catalog; empty for a number. */
  icon: z.string(),
  /** The number, or the text for clients without icons. */
  glyph: CardText,
  glyphColor: Color,
  glyphSubtle: z.boolean(),
  name: CardText,
  nameWeight: Weight,
  nameSubtle: z.boolean(),
  lines: z.array(Line).max(6),
  /** On the right: a duration or a time. Can be empty. */
  time: CardText,
});
export type Row = z.infer<typeof Row>;

export const Fact = z.strictObject({ title: CardText, value: CardText });
export type Fact = z.infer<typeof Fact>;

/** Rows with an optional title; running ones are in a box. */
export const Section = z.strictObject({ title: CardText, boxed: z.boolean(), rows: z.array(Row).min(1).max(30) });
export type Section = z.infer<typeof Section>;

/** The first fields of an entry of a list. */
export const entryHeader = { icon: z.string(), glyph: CardText, glyphColor: Color, name: CardText };

/** The badge: the state and the count that matters, `Running: step 3 of 5`. */
export const stateBadge = { stateLine: CardText, stateColor: Color, stateIcon: z.string() };

/** The first two lines of every card about a request. */
export const requestHeader = {
  requestId: z.string(),
  /** The revision of the last event that needs an answer: submitted, plan-changed or needs-attention. */
  revision: z.int(),
  /** People with their own view of the card, as Teams user IDs; empty: the card must be refreshed manually. */
  userIds: z.array(z.string()).max(60),
  fallbackText: Label,
  ...stateBadge,
  /** The action and its object: `Enable customer-managed key for triage-agent-prod`. */
  resource: CardText,
};

/** What must be decided: the change, its risks and its consequences. */
export const decision = {
  /** From, To, Key vault, Control, Guard. */
  change: z.array(Fact).min(2).max(6),
  /** `2 risks: check them first` */
  risksTitle: CardText,
  /** Findings about this request only, most dangerous first. */
  risks: z.array(Row).max(8),
  /** What a role of the vault must do, with the command to select and copy. */
  tasks: z.array(z.strictObject({ name: CardText, text: CardText, command: CardText })).max(2),
  /** What can't be undone, and what people must retain. */
  consequences: z.array(Row).max(4),
  /** `13 checks passed, 2 notes` */
  checksTitle: CardText,
  /** Notes that apply to most requests. */
  notes: z.array(Row).max(12),
  /** `5 steps in Azure` */
  stepsTitle: CardText,
  steps: z.array(Row).max(10),
  /** `2 people and 3 apps can back up, delete, or grant access to the key` */
  control: CardText,
  /** `The requester is one of them, through Key custodians`, or what is unknown; empty if they aren't. */
  askerControls: CardText,
  /** Each controller with their powers. */
  controllers: z.array(Row).max(15),
};

/** Fields of every form page. */
export const formHeader = {
  formId: z.string(),
  revision: z.int(),
  fallbackText: Label,
  /** `Step 2 of 4: Key vault` */
  step: CardText,
  stepNumber: z.int(),
  stepCount: z.int(),
  /** `**No agent is called “triage”.** Choose one from the list.` Empty if the last answer was valid. */
  problem: CardText,
};

/** A few choices are buttons; more have a search. */
export const choiceStyle = z.enum(['expanded', 'filtered']);
export const styleFor = (count: number): z.infer<typeof choiceStyle> => (count <= 5 ? 'expanded' : 'filtered');

/** `value` is sent back. `title` is shown and must be unique on the card. */
export const Choice = z.strictObject({ title: Label, value: z.string().min(1) });
export type Choice = z.infer<typeof Choice>;

const text = (value: string): CardText => CardText.parse(value);
type RowMark = Pick<Row, 'icon' | 'glyph' | 'glyphColor'>;
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

/** A small gray line. */
export const grey = (value: CardText): Line => ({ text: value, color: 'Default', weight: 'Default', subtle: true });
/** A small colored line; bold by default. */
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
