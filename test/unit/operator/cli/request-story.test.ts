import { fold } from '../../../../src/domain/request/evolve.ts';
import { requestStory } from '../../../../src/operator/cli/requests.ts';
import { historyOf } from '../../../../src/text/history.ts';
import { requestId } from '../../../support/builders/fixtures.ts';
import { names } from '../../../support/cards/card-readers.ts';
import { longLife } from '../../../support/cards/card-states.ts';

const id = requestId(1);

/** The lines of the history in what `cmk-bot requests show` prints. */
function historyLines(): readonly string[] {
  const request = fold(id, longLife);
  if (request === null) throw new Error('the life has no events');
  const story = requestStory(request, longLife, (person) => names(person as never));
  const [, after = ''] = story.split('History (with the number of each event in the audit log)\n');
  return (after.split('\n\n')[0] ?? '').split('\n').map((line) => line.trim());
}

const lineOf = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC {2}(\d+) {2}(\S.*)$/;

it('prints each event once, in the order of the audit log, with time and number', () => {
  const printed = historyLines().map((line) => lineOf.exec(line)?.slice(1, 3));
  expect(printed).toEqual(longLife.map(({ time, seq }) => [time.slice(0, 19).replace('T', ' '), `${seq}`]));
});

it('has the entries of the card’s history, with the same titles and in the same order', () => {
  const lines = historyLines().map((line) => lineOf.exec(line)?.slice(1) ?? []);
  const places = historyOf(longLife, names, true).map(({ at, title }) =>
    lines.findIndex(([time, , words = '']) => time === at.slice(0, 19).replace('T', ' ') && words.startsWith(title)),
  );
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((one, other) => one - other));
});

it('prints the commands that the card has as texts and buttons', () => {
  const last = longLife.findLastIndex(({ body }) => body.type === 'attention-needed');
  const events = longLife.slice(0, last + 1);
  const request = fold(id, events);
  if (request === null) throw new Error('the life has no events');
  const story = requestStory(request, events, (person) => names(person as never));
  expect(story).toMatch(/\n {2}az role assignment create --role "CMK bot grants" --assignee-object-id [0-9a-f-]{36} /);
  expect(story).toContain(`and then run “cmk-bot requests retry ${id}”.`);
  expect(story).not.toMatch(/select Retry/i);
});

it('says once what Azure refused, with the missing permission', () => {
  const refusals = historyLines().filter((line) => line.includes('roleAssignments/write'));
  expect(refusals).toHaveLength(1);
  expect(refusals[0]).toContain('Needs attention: AuthorizationFailed');
});
