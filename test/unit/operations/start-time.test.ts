import { execFileSync } from 'node:child_process';
import { noStart, parseStartTime, toStartInputs } from '../../../src/operations/form.ts';
import { surroundings } from '../../support/processes/surroundings.ts';

const at = (startDay: string, startTime: string, zone = 'UTC') => parseStartTime({ startDay, startTime, zone });
const half = { kind: 'refused', code: 'start-half-chosen' };

describe('a start that was chosen on a card', () => {
  it('is none where nothing was chosen', () => expect(parseStartTime(noStart)).toBeNull());

  it.each([
    ['2026-11-29', '02:00', 'UTC', '2026-11-29T02:00:00.000Z'],
    ['2026-11-29', '02:00', 'Europe/Berlin', '2026-11-29T01:00:00.000Z'],
    ['2026-06-28', '02:00', 'Europe/Berlin', '2026-06-28T00:00:00.000Z'],
    ['2026-11-29', '02:00', 'America/Los_Angeles', '2026-11-29T10:00:00.000Z'],
    ['2026-11-29', '02:00', 'Asia/Kolkata', '2026-11-28T20:30:00.000Z'],
    ['2026-11-29', '02:00', 'Nowhere/Town', '2026-11-29T02:00:00.000Z'],
    ['2026-11-29', '02:00', '', '2026-11-29T02:00:00.000Z'],
  ])('is %s %s in %s: %s', (day, time, zone, expected) => expect(at(day, time, zone)).toBe(expected));

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
  ])('is not guessed from “%s” and “%s”', (day, time) => expect(at(day, time)).toMatchObject(half));
});

describe('a start that a form shows', () => {
  it.each([
    [null, 'UTC', { startDay: '', startTime: '' }],
    ['2026-12-31T23:30:00.000Z', 'Europe/Berlin', { startDay: '2027-01-01', startTime: '00:30' }],
    ['2028-02-28T20:00:00.000Z', 'Asia/Kolkata', { startDay: '2028-02-29', startTime: '01:30' }],
    ['2026-11-29T00:00:00.000Z', 'Nowhere/Town', { startDay: '2026-11-29', startTime: '00:00' }],
  ])('%s in %s is %o', (notBefore, zone, expected) => expect(toStartInputs(notBefore, zone)).toEqual(expected));

  // 02:30 on this day is a time that the clocks of New York skip.
  it('is by the reader’s clock, wherever the bot runs', () => {
    const zones = ['UTC', 'Asia/Kolkata', 'America/New_York'];
    const program = `import { parseStartTime, toStartInputs } from './src/operations/form.ts';
      console.log(JSON.stringify(${JSON.stringify(zones)}.map((zone) => {
        process.env.TZ = zone;
        const shown = toStartInputs('2027-03-14T01:30:00.000Z', 'Europe/Berlin');
        const chosen = parseStartTime({ ...shown, zone: 'Europe/Berlin' });
        return { here: new Date(0).getTimezoneOffset(), ...shown, chosen };
      })));`;
    const flags = ['--import', 'tsx', '--input-type=module', '--eval', program];
    const out = execFileSync(process.execPath, flags, { env: surroundings(), encoding: 'utf8' });
    const expected = { startDay: '2027-03-14', startTime: '02:30', chosen: '2027-03-14T01:30:00.000Z' };
    expect(JSON.parse(out)).toEqual([0, -330, 300].map((here) => ({ here, ...expected })));
  });
});
