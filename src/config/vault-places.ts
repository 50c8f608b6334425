/** Vaults that the environment permits, in `CMK_VAULTS`. */
import { z } from 'zod';
import type { VaultMatch } from '../domain/policy/rules.ts';

/** `own/rg-keys/kv-*`: where a vault may lie, by subscription, group and name. */
const vaultPlace = z
  .string()
  .regex(
    /^(own|\*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})\/[^/\s]+\/[^/\s]+$/i,
    'must be a list of SUBSCRIPTION/GROUP/NAME, separated by commas: an id, own or * for the subscription, * for anything',
  )
  .transform((place): VaultMatch => {
    const [subscription = '', group = '', name = ''] = place.split('/');
    return {
      ...(subscription.toLowerCase() === 'own' ? {} : { subscriptions: [subscription] }),
      ...(group === '*' ? {} : { resourceGroups: [group] }),
      ...(name === '*' ? {} : { names: [name] }),
    };
  });

/** One or more; left out, those of the resource's own subscription. */
export const vaultPlaces = z
  .string()
  .default('own/*/*')
  .transform((value) => value.split(/[\s,]+/).filter((part) => part !== ''))
  .pipe(z.array(vaultPlace).min(1, 'is empty; permit a vault, or leave it out'));
