/** No plan runs that the policy of that moment, applied to what people were shown and without any help from tags, would not allow. */
import fc from 'fast-check';
import { leadMoments, type MomentCounts } from '../../support/builders/moment-life.ts';
import { momentSettings, momentTurn } from '../../support/builders/moment-turns.ts';

const numRuns = 500;

test('no run starts that today’s policy, applied to what people were shown, would not allow', async () => {
  const often = fc.integer({ min: 1, max: 4 }).map((n) => n > 1);
  const members = fc.array(fc.array(often, { minLength: 5, maxLength: 5 }), { minLength: 3, maxLength: 3 });
  const life = fc.array(momentTurn, { minLength: 10, maxLength: 50, size: 'max' });
  const all: MomentCounts[] = [];
  await fc.assert(
    fc.asyncProperty(momentSettings, members, life, async (settings, who, turns) => {
      all.push(await leadMoments(settings, who, turns));
    }),
    { numRuns },
  );
  const sum = (what: keyof MomentCounts) => all.reduce((total, counts) => total + counts[what], 0);
  process.stdout.write(
    `moments: ${sum('through')} let through, ${sum('askedAgain')} asked again, ${sum('lost')} stopped\n`,
  );
  // Lives in which nothing ran would keep every promise.
  expect(sum('through')).toBeGreaterThan(numRuns / 20);
  expect(sum('askedAgain')).toBeGreaterThan(numRuns / 20);
  expect(sum('lost')).toBeGreaterThan(0);
});
