/** The last line of a card about a plan: links to its resources in the Azure portal. */
import { KeyName, KeyVersion } from '../../../domain/ids.ts';
import type { Plan } from '../../../domain/plan.ts';
import type { Portal } from '../../../domain/ports/azure.ts';
import { workOf } from '../../../operations/registry.ts';
import { joinText, link, md } from '../plain-text.ts';
import type { AdaptiveCard } from '../render-card.ts';

/** `madeVersion`: the version that the run created, if it did. A key that doesn't exist yet has no page. */
export function withPortal(
  card: AdaptiveCard,
  portal: Portal | null,
  plan: Plan,
  madeVersion: string | undefined,
): AdaptiveCard {
  if (portal === null) return card;
  const { to } = workOf(plan);
  const { resource, vault } = plan.observation;
  const name = KeyName.safeParse(to.keyName).data;
  const version = KeyVersion.safeParse(to.keyVersion ?? madeVersion).data;
  const key = name === undefined || version === undefined ? null : portal.key(vault.uri, name, version);
  const links = [
    link('Agent', portal.resource(resource.id)),
    link('Vault', portal.resource(vault.id)),
    ...(key === null ? [] : [link('Key', key)]),
  ];
  const text = md`In the Azure portal: ${joinText(links, '  ·  ')}`;
  const line = { type: 'TextBlock', text, wrap: true, size: 'Small', isSubtle: true, spacing: 'Default' };
  return { ...card, body: [...card.body, line] };
}
