import { TurnContext } from 'botbuilder';

/** The SDK takes a turn's own context away as soon as the turn ends, and a look at Azure may outlast it. */
export const outlasting = ({ adapter, activity }: TurnContext): TurnContext => new TurnContext(adapter, activity);
