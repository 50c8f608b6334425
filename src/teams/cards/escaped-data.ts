/** Requires by type that all texts of a card are escaped. */

import { z } from 'zod';
import type { CardText, Label } from './plain-text.ts';

/** Fields that aren't shown as text: IDs, icons, verbs, and what inputs contain. */
type Unshown =
  | ('formId' | 'id' | 'requestId' | 'resourceId' | 'driftId' | 'userIds' | 'mentions')
  | ('icon' | 'stateIcon' | 'verb' | 'typed' | 'url' | 'selected' | 'newKeyName' | 'keyExpiry' | 'keyExpiryMin')
  | ('keyExpiryMax' | 'justification' | 'changeReference' | 'startDay' | 'startTime');
/** Fields that are shown without Markdown. */
type Unformatted =
  | ('fallbackText' | 'button' | 'instead' | 'approve' | 'approveTooltip' | 'acknowledge' | 'tick' | 'open' | 'meant')
  | ('unusableTitle' | 'referenceLabel' | 'legend' | 'snippet');
type Titled = 'choices' | 'chips';
type Shown<Name> = Name extends Unformatted ? Label : CardText;
type Branded = { readonly [z.$brand]: object };

/** Requires for each text of the card that it's escaped: only `plain-text.ts` creates them. The bot's own words are literals. */
export type Escaped<Data, Name = ''> = Name extends Unshown
  ? unknown
  : Data extends string
    ? Data extends Shown<Name>
      ? unknown
      : string extends Data
        ? Shown<Name>
        : Data extends Branded
          ? Shown<Name>
          : unknown
    : Data extends readonly (infer Item)[]
      ? readonly (Name extends Titled ? { readonly title: Label } : Escaped<Item, Name>)[]
      : Data extends object
        ? { readonly [Field in keyof Data]: Escaped<Data[Field], Field> }
        : Data extends number | boolean
          ? unknown
          : never;
