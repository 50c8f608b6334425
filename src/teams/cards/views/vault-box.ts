/** Whose vault it is and who controls the key: a name alone tells neither, and somebody else's may look the same. */
import type { PersonId } from '../../../domain/ids.ts';
import { ownControl } from '../../../domain/member-mark.ts';
import type { Plan } from '../../../domain/plan.ts';
import { workOf } from '../../../operations/registry.ts';
import {
  controllerWords,
  controlWords,
  ownControlWords,
  powersWords,
  subscriptionWords,
} from '../../../text/control.ts';
import { countOf } from '../../../text/count.ts';
import { grey, numberedRow, type Row } from '../data/row.ts';
import { bold, md, nothing, plain } from '../plain-text.ts';

/** `https://kv-care-prod.vault.azure.net/` without what every address has. */
export const vaultAddress = (uri: string): string => uri.replace(/^https:\/\//i, '').replace(/\/$/, '');

/** Whoever asks, and what the reader calls them. */
interface Asker {
  readonly id: PersonId;
  readonly words: 'The requester is' | 'You are';
}

/** On the face of a card, under now and after. */
export function vaultBoxView(plan: Plan, asker: Asker) {
  const { vault, control } = plan.observation;
  const askerControls = control === undefined ? '' : ownControlWords(ownControl(control, asker.id), asker.words);
  const address = {
    vault: md`Vault ${bold(vault.name)}`,
    vaultAddress: plain(vaultAddress(vault.uri)),
    askerControls: plain<string>(askerControls),
    askerColor: askerControls.startsWith('△') ? 'Warning' : 'Default',
  } as const;
  if (control === undefined) {
    const never = plain('△ Who controls the key was not looked at');
    return { ...address, vaultPlace: nothing, control: never, controlColor: 'Warning', origin: nothing } as const;
  }
  const { vaultSubscription: place, resourceSubscription: own } = control;
  const isElsewhere = place.id.toLowerCase() !== own.id.toLowerCase();
  const unseen = control.unseen.some((one) => one !== 'names');
  return {
    ...address,
    vaultPlace: isElsewhere
      ? md`△ In ${bold(subscriptionWords(place))}, not ${plain(subscriptionWords(own))}`
      : nothing,
    control: plain<string>(`${unseen ? '△ ' : ''}${controlWords(control)}`),
    controlColor: unseen ? 'Warning' : 'Default',
    origin: workOf(plan).make === null ? plain('△ Key made elsewhere, origin unknown') : nothing,
  } as const;
}

/** As many as anybody reads. */
const mostListed = 14;

/** Each controller with what they can do. */
export function controllerRows({ observation: { control } }: Plan): Row[] {
  const all = control?.controllers ?? [];
  const shown = all.length > mostListed ? all.slice(0, mostListed - 1) : all;
  const rest = all.length - shown.length;
  return [
    ...shown.map((one, index) =>
      numberedRow(index + 1, plain(controllerWords(one)), [grey(plain(`Can ${powersWords(one.can)} the key`))]),
    ),
    ...(rest === 0 ? [] : [numberedRow(all.length, plain(`and ${countOf(rest, 'other', 'others')}`))]),
  ];
}
