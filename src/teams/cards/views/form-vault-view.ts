import { sameArmId } from '../../../domain/ids.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import { isUsable, type JudgedVault } from '../../../operations/choose.ts';
import type { Form } from '../../../operations/form.ts';
import type { FactsOf } from '../../../operations/pages/page.ts';
import { countOf } from '../../../text/count.ts';
import { regionWords } from '../../../text/places.ts';
import { coloured, grey, type Line, marks, type Row, row, styleFor } from '../data/row.ts';
import { label, md, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { canGoBack, formHeaderOf } from './form-header.ts';

type Facts = FactsOf<'vault'>;

/** Returns what would change on the vault. */
const changes = ({ vault }: JudgedVault): readonly string[] => [
  ...(vault.softDelete ? [] : ['Soft delete: off → on']),
  ...(vault.purgeProtection ? [] : ['Purge protection: off → on']),
];

/** The title of a usable vault in the list. */
export function vaultTitle(one: JudgedVault): string {
  const count = changes(one).length;
  const ready = count === 0 ? 'ready' : countOf(count, 'change', 'changes');
  return `${one.vault.name} · ${ready}${one.otherSubscription ? ', other subscription' : ''}${one.otherRegion ? ', other region' : ''}`;
}

function suitableRow(one: JudgedVault): Row {
  const region = regionWords(one.vault.location);
  const where = [
    one.otherRegion ? `${region}, another region than the agent.` : `${region}.`,
    ...(one.otherSubscription ? ['Another subscription than the agent.'] : []),
  ].join(' ');
  const todo = changes(one);
  const lines: Line[] = [
    grey(plain<string>(`${where} ${todo.length === 0 ? 'Nothing would change.' : todo.join(', ')}`)),
    ...(todo.length === 0 ? [] : [coloured(plain('Can’t be undone'), 'Warning')]),
  ];
  const mark = one.otherRegion || one.otherSubscription || todo.length > 0 ? marks.warn : marks.done;
  return row(mark, plain(one.vault.name), lines);
}

function whyNot(one: JudgedVault): string {
  if (one.otherTenant) return 'It is in another tenant.';
  if (one.notPermitted) {
    return one.otherSubscription
      ? 'It is in another subscription, and the policy does not permit that for this agent.'
      : 'The policy permits other vaults for this agent.';
  }
  return 'Its firewall lets healthcare agent services in neither way.';
}

const unusableRow = (one: JudgedVault): Row => row(marks.bad, plain(one.vault.name), [grey(plain(whyNot(one)))]);

/** The vault page: usable vaults first, each with what would change. */
export function vaultPageCard(
  form: Form,
  { resource, vaults, chosen: id }: Facts,
  problem: Refusal | null,
): AdaptiveCard {
  const usable = vaults.filter(isUsable);
  const unusable = vaults.filter((one) => !isUsable(one));
  const choices = usable.slice(0, 15).map((one) => ({ title: label(vaultTitle(one)), value: one.vault.name }));
  const chosen = vaults.find((one) => id !== null && sameArmId(one.vault.id, id));
  return renderCard('form-vault', {
    ...formHeaderOf(form, problem),
    canGoBack: canGoBack(form),
    subject: md`${plain(resource.name)}  ·  ${plain(regionWords(resource.location))}`,
    style: styleFor(usable.length),
    choices,
    selected: choices.find((choice) => choice.value === chosen?.vault.name)?.value ?? '',
    suitable: usable.slice(0, 15).map(suitableRow),
    unusable: unusable.slice(0, 15).map(unusableRow),
    unusableTitle: label(`${unusable.length} not usable`),
    coverage:
      vaults.length === 0
        ? plain('The bot can read no key vault: that takes Microsoft.KeyVault/vaults/read.')
        : nothing,
  });
}
