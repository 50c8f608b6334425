/** The dialog state of one form. botbuilder keeps state per conversation and always overwrites; a form needs neither. */
import { BotState, type Storage, type TurnContext } from 'botbuilder';
import type { Documents } from '../../domain/ports/store.ts';

/** Where the form's id of this turn is kept: a click carries it, a new form brings it along. */
const formIdKey = Symbol('form id');

export const setFormId = (context: TurnContext, id: string): void => {
  context.turnState.set(formIdKey, id);
};

const keyOf = (context: TurnContext): string => `form/${String(context.turnState.get(formIdKey))}`;

/** One dialog stack per form (that is: per card), written only when nobody else wrote it since it was read. */
export class FormState extends BotState {
  private readonly documents: Documents;

  constructor(documents: Documents) {
    // The store's documents have the shape of a botbuilder storage; its types allow `any`, ours do not.
    super(documents as unknown as Storage, async (context) => keyOf(context));
    this.documents = documents;
  }

  /** Compare and set. Throws `StaleDocument` when another click was faster. */
  override async saveChanges(context: TurnContext): Promise<void> {
    const state = this.get(context) as Record<string, unknown> | undefined;
    if (state === undefined) return;
    await this.documents.write({ [keyOf(context)]: { ...state, eTag: state.eTag ?? '' } });
  }
}
