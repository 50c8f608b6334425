/** A card of the gallery, with the data that a view of the product gave to the card's template. */
import { jest } from '@jest/globals';
import { type AdaptiveCard, templates } from '../../../src/teams/cards/render-card.ts';

export interface GalleryCard {
  readonly name: string;
  readonly template: string;
  /** What the Adaptive Cards designer takes as sample data. */
  readonly data: unknown;
  readonly card: AdaptiveCard;
}

/** Draws a card by a view. */
export function galleryCard(name: string, draw: () => AdaptiveCard): GalleryCard {
  const spies = [...templates].map(([template, one]) => ({ template, spy: jest.spyOn(one, 'expand') }));
  try {
    const card = draw();
    const [made, ...others] = spies.filter(({ spy }) => spy.mock.calls.length > 0);
    if (made === undefined || others.length > 0) throw new Error(`${name} isn't one card`);
    // A card that was too large is made again with fewer rows: the last one counts.
    return { name, template: made.template, data: made.spy.mock.lastCall?.[0].$root, card };
  } finally {
    for (const { spy } of spies) spy.mockRestore();
  }
}
