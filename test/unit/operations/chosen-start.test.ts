import { chosenStart, noStart } from '../../../src/operations/chosen-start.ts';

const at = (startDay: string, startTime: string, zone = 'UTC') => chosenStart({ startDay, startTime, zone });
const half = { kind: 'refused', code: 'start-half-chosen' };

describe('a start that was chosen on a card', () => {
  it('is none where nothing was chosen', () => {
    expect(chosenStart(noStart)).toBeNull();
  });

  it.each([
    ['2026-11-29', '02:00', 'UTC', '2026-11-29T02:00:00.000Z'],
    ['2026-11-29', '02:00', 'Europe/Berlin', '2026-11-29T01:00:00.000Z'],
    ['2026-06-28', '02:00', 'Europe/Berlin', '2026-06-28T00:00:00.000Z'],
    ['2026-11-29', '02:00', 'America/Los_Angeles', '2026-11-29T10:00:00.000Z'],
    ['2026-11-29', '02:00', 'Asia/Kolkata', '2026-11-28T20:30:00.000Z'],
    ['2026-11-29', '02:00', 'Nowhere/Town', '2026-11-29T02:00:00.000Z'],
    ['2026-11-29', '02:00', '', '2026-11-29T02:00:00.000Z'],
  ])('is %s %s in %s: %s', (day, time, zone, expected) => {
    expect(at(day, time, zone)).toBe(expected);
  });

  it('that the clock skips, as when summer time begins, is the next there is', () => {
    expect(at('2027-03-28', '02:30', 'Europe/Berlin')).toMatch(/^2027-03-28T0[01]:30:00/);
  });

  it.each([
    ['2026-11-29', ''],
    ['', '02:00'],
    ['29.11.2026', '02:00'],
    ['2026-11-29', '2 am'],
    ['2026-99-99', '02:00'],
    ['2026-11-29', '99:99'],
  ])('is not guessed from “%s” and “%s”', (day, time) => {
    expect(at(day, time)).toMatchObject(half);
  });
});
