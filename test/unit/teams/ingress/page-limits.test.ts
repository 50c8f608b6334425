import { probeLimits, shareAnswers } from '../../../../src/teams/ingress/gate.ts';

const { burst, perSecond } = probeLimits;

it('asks once for all probes that come while an answer is on its way', async () => {
  let asked = 0;
  let answer: (value: number) => void = () => undefined;
  const probe = shareAnswers(
    () => {
      asked += 1;
      return new Promise<number>((resolve) => {
        answer = resolve;
      });
    },
    () => 0,
  );
  const answers = Array.from({ length: 1_000 }, () => probe());
  answer(7);
  expect([new Set(await Promise.all(answers)), asked]).toEqual([new Set([7]), 1]);
});

it('asks no more often than the limit admits, and gives the last answer meanwhile', async () => {
  const clock = { ms: 0 };
  let asked = 0;
  const probe = shareAnswers(
    async () => {
      asked += 1;
      return asked;
    },
    () => clock.ms,
  );
  for (let n = 0; n < burst; n += 1) expect(await probe()).toBe(n + 1);
  for (let n = 0; n < 1_000; n += 1) expect(await probe()).toBe(burst);
  clock.ms = 1_000 / perSecond + 1;
  expect([await probe(), await probe()]).toEqual([burst + 1, burst + 1]);
});
