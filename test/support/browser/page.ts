import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Locator, Page } from 'playwright-core';

/** What a person does on the local Teams page. */

export const actAs = (page: Page, personId: string): Promise<void> =>
  page.locator(`[data-person="${personId}"]`).click();

export const goTo = (page: Page, placeId: string): Promise<void> => page.locator(`[data-place="${placeId}"]`).click();

export async function say(page: Page, text: string): Promise<void> {
  const box = page.locator('.compose [data-compose]');
  await box.click();
  await box.pressSequentially(text);
  await box.press('Escape');
  await page.locator('.compose .send').click();
}

export const botSays = (page: Page, words: string | RegExp): Locator =>
  page.locator('article[data-author="bot"]').filter({ hasText: words }).last();

export const press = (card: Locator, title: string): Promise<void> =>
  card.getByRole('button', { name: title, exact: true }).click();

/** Types into an input with typeahead and takes the choice that starts with the words. */
export async function choose(card: Locator, input: string, words: string): Promise<void> {
  const box = card.locator(`[data-input="${input}"]`);
  await box.click();
  await box.fill('');
  await box.pressSequentially(words);
  // The browser's own list is no part of the page.
  const choice = card.locator(`option[value^="${words}"]`).first();
  await choice.waitFor({ state: 'attached' });
  await box.fill((await choice.getAttribute('value')) ?? '');
}

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Accessibility faults that axe finds, each with its elements. A page whose policy lets no script run gets it from outside. */
export async function faultsOn(page: Page): Promise<unknown> {
  await page.evaluate(axe);
  return page.evaluate(
    'axe.run().then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target).join(" ")))',
  );
}
