import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Chip, paging } from './list.ts';
import { Color, entryHeader, Line } from './row.ts';

/** A part of the chart, with its text for clients without charts. */
export const FleetPart = z.strictObject({
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

export const AgentRow = z.strictObject({
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

/** /cmk-status: a chart of all agents, and a page of them. */
export const AgentsData = z.strictObject({
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
});
export type AgentsData = z.infer<typeof AgentsData>;
