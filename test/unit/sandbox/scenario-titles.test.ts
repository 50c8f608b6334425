import { scenarios } from '../../../src/sandbox/azure/scenarios/scenarios.ts';

describe('the title of a scenario', () => {
  it('is no other scenario’s', () => {
    expect(new Set(scenarios.map(({ title }) => title)).size).toBe(scenarios.length);
  });

  it.each(scenarios.map(({ name, title }) => [name, title]))('of %s is words for people: %s', (name, title) => {
    expect(title).toMatch(/^[A-Z][^.]*[a-z]$/);
    expect(title).not.toBe(name.replaceAll('-', ' '));
    expect(title.length).toBeLessThan(48);
  });
});
