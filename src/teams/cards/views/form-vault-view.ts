import { sameArmId } from '../../../domain/ids.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import { joinList } from '../../../domain/strings.ts';
import { isUsable, type JudgedVault } from '../../../operations/choose.ts';
import type { Form } from '../../../operations/form.ts';
import type { FactsOf } from '../../../operations/pages/page.ts';
import { regionWords } from '../../../text/places.ts';
import { grey, marks, type Row, row, styleFor } from '../data/row.ts';
import { bold, label, md, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { canGoBack, formHeaderOf } from './parts.ts';

type Facts = FactsOf<'vault'>;

/** Returns what would change on the vault. */
const changes = ({ vault }: JudgedVault): readonly string[] => [
  ...(vault.softDelete ? [] : ['soft delete']),
  ...(vault.purgeProtection ? [] : ['purge protection']),
];

/** The title of a usable vault in the list. */
export function vaultTitle(one: JudgedVault): string {
  const todo = changes(one);
  const region = one.otherRegion ? `${regionWords(one.vault.location)} (another region)` : 'same region';
  return [
    `${one.vault.name}: ${region}`,
    ...(one.otherSubscription ? ['another subscription'] : []),
    todo.length === 0 ? 'no changes' : `turns on ${joinList(todo)}, which can’t be undone`,
  ].join(', ');
}

function whyNot(one: JudgedVault): string {
  if (one.otherTenant) return 'It’s in another tenant.';
  if (one.notPermitted) {
    return one.otherSubscription
      ? 'It’s in another subscription. The approval policy doesn’t allow that for this agent.'
      : 'The approval policy allows only other vaults for this agent.';
  }
  return 'Its firewall blocks healthcare agent services.';
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
  const [only] = usable.length === 1 ? choices : [];
  const selected = choices.find((choice) => choice.value === chosen?.vault.name) ?? only;
  return renderCard('form-vault', {
    ...formHeaderOf(form, problem),
    ...(chosen === undefined || isUsable(chosen)
      ? {}
      : { problem: md`${bold<string>(`${chosen.vault.name} can’t be used.`)} ${plain(whyNot(chosen))}` }),
    canGoBack: canGoBack(form),
    subject: md`${plain(resource.name)}  ·  ${plain(regionWords(resource.location))}`,
    style: styleFor(usable.length),
    choices,
    selected: selected?.value ?? '',
    unusable: unusable.slice(0, 15).map(unusableRow),
    unusableTitle: label(`${unusable.length} not usable`),
    coverage:
      vaults.length === 0
        ? plain('The bot can read no key vault: that takes Microsoft.KeyVault/vaults/read.')
        : nothing,
  });
}
