/** Data of cards with lists. */
import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Color, entryHeader, Line, stateBadge } from './row.ts';

/** A part of the chart, with its text for clients without charts. */
const FleetPart = z.strictObject({
  legend: Label,
  value: z.int(),
  /** Colors of Teams' charts. */
  color: z.enum([
    ...['attention', 'warning', 'categoricalRed', 'categoricalPurple'],
    ...['categoricalBlue', 'good', 'categoricalTeal', 'neutral'],
  ] as const),
  icon: z.string(),
  glyph: CardText,
  glyphColor: Color,
  /** `**4** Microsoft-managed key` */
  words: CardText,
});
export type FleetPart = z.infer<typeof FleetPart>;

const AgentRow = z.strictObject({
  ...entryHeader,
  lines: z.array(Line).max(3),
  /** Its open request, which the button opens; or empty. */
  requestId: z.string(),
  /** The agent whose form the button opens; empty if nothing is needed or the reader can't make requests. */
  resourceId: z.string(),
  /** The command that the button types, as on the agent's alert; empty: none. */
  typed: z.string(),
  /** `Open`, `Enable`, `Rotate`, `Repair` */
  button: Label,
});
export type AgentRow = z.infer<typeof AgentRow>;

/** A filter button of a list. The selected one refreshes the list. */
const Chip = z.strictObject({ title: Label, selected: z.boolean(), verb: z.string() });
export type Chip = z.infer<typeof Chip>;

/** The page of a list. Previous and Next request the page number in `revision`. */
const paging = {
  /** `1 – 5 of 12`; empty with only one page. */
  range: CardText,
  hasPrevious: z.boolean(),
  previousPage: z.int(),
  hasNext: z.boolean(),
  nextPage: z.int(),
};

const ListRow = z.strictObject({
  ...entryHeader,
  lines: z.array(Line).max(4),
  requestId: z.string(),
  /** The revision of the request's last question to people. */
  revision: z.int(),
  /** `Decide` if the reader can, otherwise `Open`: both post the request's card. */
  button: Label,
});
export type ListRow = z.infer<typeof ListRow>;

const HistoryRow = z.strictObject({
  ...entryHeader,
  /** Time and details, in one small line. */
  line: CardText,
});
export type HistoryRow = z.infer<typeof HistoryRow>;

export const listSchemas = {
  /** /cmk-status: a chart of all agents, and a page of them. */
  agents: z.strictObject({
    formId: z.string(),
    fallbackText: Label,
    /** `Keys of 10 agents` */
    title: CardText,
    /** `In 3 subscriptions` */
    subject: CardText,
    asOf: CardText,
    /** `2 agents aren’t as approved`; empty: none was found. */
    driftTitle: CardText,
    driftStyle: z.enum(['attention', 'warning']),
    /** What was found, most urgent first: on which agents, since when. */
    drifts: z.array(z.strictObject({ text: CardText })).max(6),
    /** The keys that expire next. */
    expiries: z.array(z.strictObject({ text: CardText })).max(3),
    /** What Azure Policy refuses; empty: not shown on this page. */
    guard: CardText,
    parts: z.array(FleetPart).max(8),
    chips: z.array(Chip).max(3),
    rows: z.array(AgentRow).max(8),
    /** Shown instead of rows; can be empty. */
    empty: CardText,
    /** What is unknown, and why. */
    notes: z.array(z.strictObject({ text: CardText })).max(5),
    ...paging,
  }),
  /** /cmk-requests: a page of rows. */
  list: z.strictObject({
    /** ID of the stored list; the paging buttons carry it. */
    formId: z.string(),
    fallbackText: Label,
    /** `4 open requests` */
    title: CardText,
    /** The filter: requester or name. Can be empty. */
    subject: CardText,
    /** `As of 14:20` */
    asOf: CardText,
    chips: z.array(Chip).max(4),
    rows: z.array(ListRow).max(5),
    /** Shown instead of rows: what to type. Can be empty. */
    empty: CardText,
    ...paging,
  }),
  /** /cmk-history: entries, oldest first. */
  history: z.strictObject({
    formId: z.string(),
    fallbackText: Label,
    /** Empty for the history of an agent. */
    ...stateBadge,
    /** The request's ID; empty for the history of an agent. */
    requestId: z.string(),
    revision: z.int(),
    title: CardText,
    /** `11 entries, oldest first` */
    subject: CardText,
    chips: z.array(Chip).max(4),
    rows: z.array(HistoryRow).max(15),
    /** Shown instead of rows. */
    empty: CardText,
    ...paging,
  }),
  /** /key-impact: who uses a vault or a key, in sections. */
  impact: z.strictObject({
    fallbackText: Label,
    /** `cmk-triage in kv-care-prod` */
    title: CardText,
    /** `2 resources declare this key.` */
    subject: CardText,
    sections: z
      .array(
        z.strictObject({
          title: CardText,
          rows: z.array(HistoryRow).min(1).max(15),
          /** `and 12 more`; empty where all are shown. */
          more: CardText,
        }),
      )
      .max(5),
  }),
} as const;
