/** Data of messages, notifications, alerts, and posts to the audit channel. */
import { z } from 'zod';
import { CardText, Label } from '../plain-text.ts';
import { Color, Fact, Row, stateBadge } from './row.ts';

const AuditEvent = z.strictObject({
  sequence: CardText,
  /** `**Approver approved**: plan 94dd 48cb` */
  text: CardText,
  /** UTC with seconds: `14:02:10`. */
  time: CardText,
});

const NoteLine = z.strictObject({ text: CardText });

export const postSchemas = {
  /** Commands, and the reader's permissions. */
  help: z.strictObject({
    fallbackText: Label,
    commands: z
      .array(
        z.strictObject({
          command: CardText,
          text: CardText,
          /** With all its parameters; empty without any. */
          usage: CardText,
          verb: z.string(),
          /** `Start`; empty: it has no button. */
          button: Label,
        }),
      )
      .min(1)
      .max(12),
    /** `**You can submit requests**, and approve other people’s requests.` */
    role: CardText,
    /** `1 approval is needed. Requests expire after 72 hours.`, and where the audit log is shown. */
    notes: z.array(z.strictObject({ text: CardText })).max(6),
  }),
  /** The first card in a conversation: the bot's purpose, and who can do what. */
  welcome: z.strictObject({
    fallbackText: Label,
    /** Request, approve, monitor. */
    rows: z.array(Row).length(3),
    /** The reader's permissions; in a channel, where to find them. */
    role: CardText,
    /** True if the readers can make requests, as far as known. */
    mayAsk: z.boolean(),
  }),
  /** One bold line and one plain line: errors and short results. */
  message: z.strictObject({
    fallbackText: Label,
    title: CardText,
    titleColor: Color,
    text: CardText,
    /** On the right, in monospace: the ID of a request or an error. Can be empty. */
    reference: CardText,
  }),
  /** The refusal of a typed command. For a refused click, `title` and `text` are a message that only that person sees. */
  refusal: z.strictObject({
    fallbackText: Label,
    ...stateBadge,
    /** Empty if it isn't about a request. */
    requestId: z.string(),
    /** What happened: `This is your own request.` */
    title: CardText,
    text: CardText,
    /** `Only you see this. The request is unchanged.`; can be empty. */
    note: CardText,
    /** The suggested command, which the button sends as if typed; empty: no button. */
    meant: Label,
    /** `Yes, start` */
    button: Label,
    /** True if there is a button *All commands*. */
    help: z.boolean(),
  }),
  /** A post that notifies people of one event and leads to the request. */
  notification: z.strictObject({
    fallbackText: Label,
    /** `@Requester **triage-agent-test: Approver rejected your request**` */
    title: CardText,
    /** What the person who acted wrote; empty when nothing. */
    said: CardText,
    detail: CardText,
    requestId: z.string(),
    revision: z.int(),
    canAskAgain: z.boolean(),
    /** `Open`, or `Review` where the person has to decide. */
    open: Label,
    /** Where the card is in Teams; empty: the button posts it here. */
    url: z.string(),
  }),
  /** An agent that isn't as approved, until it is again. */
  drift: z.strictObject({
    driftId: z.string(),
    /** Tells the agent's drifts from each other. */
    number: z.int(),
    /** People for whom Teams fetches the card again, as Teams user IDs. */
    userIds: z.array(z.string()).max(60),
    fallbackText: Label,
    ...stateBadge,
    agent: CardText,
    /** Operators, mentioned; empty: none are configured, or it is over. */
    called: CardText,
    /** The most urgent first: what changed, what it means for the data, who changed it and since when. */
    found: z.array(
      z.strictObject({
        title: CardText,
        meaning: CardText,
        cause: CardText,
        /** One box alone has a color. */
        boxStyle: z.enum(['attention', 'warning', 'good', 'emphasis']),
      }),
    ),
    /** One safe next step, for the most urgent; empty: it is over. */
    next: CardText,
    /** For that role's command line; may be empty. */
    command: CardText,
    /** The button's title, and the command of the bot that it types; both empty: the step isn't the bot's. */
    button: z.string(),
    typed: z.string(),
    basis: CardText,
  }),
  /** The root post of a request in the audit channel; updated as the request continues. */
  'audit-root': z.strictObject({
    fallbackText: Label,
    requestId: z.string(),
    resource: CardText,
    change: CardText,
    facts: z.array(Fact).min(1).max(8),
    /** Sequence number of the last event shown in this channel. */
    shownUpTo: CardText,
  }),
  /** Events of one request, batched in one reply in the audit channel. */
  'audit-reply': z.strictObject({
    fallbackText: Label,
    requestId: z.string(),
    /** `Events 117 – 121` */
    title: CardText,
    events: z.array(AuditEvent).min(1).max(20),
    /** `121: 9c0e51d7 …`, all 64 digits: a shorter hash could be forged by trial. */
    chain: CardText,
  }),
  /** The whole checkpoint that covers the end of a request, so that people have copies of it. */
  'audit-checkpoint': z.strictObject({
    fallbackText: Label,
    /** `Checkpoint of 121 events` */
    title: CardText,
    /** Whether enough witnesses and the vault key signed it; empty if none are configured. */
    witnessed: CardText,
    witnessedColor: Color,
    /** Name of the log, number of events, hash. */
    lines: z.array(NoteLine).length(3),
    signatures: z.array(NoteLine).min(1).max(64),
  }),
} as const;
