/** What people decide on: the change, its risks and consequences, and notes that apply to most requests. */
import { type Check, roleTaskIn, traitsOf } from '../../../domain/check.ts';
import { ownControl } from '../../../domain/control.ts';
import type { PersonId } from '../../../domain/ids.ts';
import { effectsOf, type Plan, stepsOf, warningsOf } from '../../../domain/plan.ts';
import { joinList } from '../../../domain/strings.ts';
import { operationOf, workOf } from '../../../operations/registry.ts';
import { kindNamed } from '../../../operations/resources/registry.ts';
import { controlCountWords, controlWords, ownControlWords, subscriptionWords } from '../../../text/control.ts';
import { guardLine } from '../../../text/guard.ts';
import { roleTaskCommand, roleTaskTitle, roleTaskWords } from '../../../text/permission-remedies.ts';
import { countOf } from '../../../text/words.ts';
import { bold, type CardText, md, plain } from '../plain-text.ts';
import { type Fact, fact, grey, marks, noteMark, type Row, type RowMark, row } from '../row.ts';
import { changeFacts, checkRow, controllerRows, planRows, vaultAddress } from './parts.ts';

interface Asker {
  readonly id: PersonId;
  readonly words: 'The requester' | 'You';
}

/** The check's place among the risks, from 1; 0: none. */
const riskOf = (check: Check): number => traitsOf(check).risk ?? 0;

const strongRow = (mark: RowMark, title: string, text: string): Row =>
  row(mark, plain(title), text === '' ? [] : [{ ...grey(plain(text, 600)), subtle: false }], { nameWeight: 'Bolder' });

function askerRisk({ observation: { control } }: Plan, { id, words }: Asker): Row[] {
  const own = ownControl(control, id);
  if (own.known !== 'yes') return [];
  const has = words === 'You' ? 'You have' : 'The requester has';
  const through = own.through === null ? '' : `Through ${own.through}.`;
  return [strongRow(marks.alarm, `${has} control over this key`, through)];
}

function riskRows(plan: Plan, asker: Asker): Row[] {
  const found = warningsOf(plan)
    .filter((check) => riskOf(check) > 0)
    .sort((one, other) => riskOf(one) - riskOf(other))
    .map((check) => ({ ...checkRow(marks.alarm, check), nameWeight: 'Bolder' as const }));
  return [...found, ...askerRisk(plan, asker)];
}

/** Returns true if the plan turns on purge protection, the only effect that can't be undone. */
const protectsVault = (plan: Plan): boolean => stepsOf(plan, 'irreversible').length > 0;

const tasksOf = (plan: Plan) =>
  warningsOf(plan)
    .flatMap((check) => roleTaskIn(check) ?? [])
    .map((task) => ({
      name: plain(roleTaskTitle(task)),
      text: plain(roleTaskWords(task)),
      command: plain(roleTaskCommand(task), 600),
    }));

function consequenceRows(plan: Plan): Row[] {
  const { words } = operationOf(plan.spec);
  const protects = strongRow(
    marks.warn,
    'Can’t be undone',
    `Turns on ${joinList(protectionsOf(plan))} for the whole key vault ${plan.observation.vault.name}: all keys, secrets, and certificates.`,
  );
  const undo = words.undo(workOf(plan));
  return [
    ...(protectsVault(plan) ? [protects] : []),
    ...(undo === ''
      ? []
      : [
          row(marks.done, plain(protectsVault(plan) ? 'The key can be moved back' : 'Can be undone'), [
            grey(plain(undo)),
          ]),
        ]),
    ...retentionRows(plan),
  ];
}

export const keepWords = (plan: Plan) =>
  operationOf(plan.spec).words.keep(kindNamed(plan.spec.resource.kind), workOf(plan));

export function retentionRows(plan: Plan): Row[] {
  const { title, text } = keepWords(plan);
  return [strongRow(marks.warn, title, text)];
}

/** What the plan turns on for good. */
const protectionsOf = (plan: Plan): readonly string[] => {
  const changes = effectsOf(plan).map(({ change }) => change);
  return [
    ...(changes.includes('soft-delete') ? ['soft delete'] : []),
    ...(changes.includes('purge-protection') ? ['purge protection'] : []),
  ];
};

/** `I understand that purge protection on kv-care-prod can't be turned off.` Empty where nothing has to be accepted. */
export const acceptWords = (plan: Plan): string =>
  protectsVault(plan)
    ? `I understand that ${joinList(protectionsOf(plan))} on ${plan.observation.vault.name} can’t be turned off.`
    : '';

/**
 * Returns notes that apply to most requests: other warnings, steps that might not be reversible, the operation's own
 * notes.
 */
function noteRows(plan: Plan): Row[] {
  const { words } = operationOf(plan.spec);
  const unknown = stepsOf(plan, 'unknown').map(() =>
    row(noteMark, plain('Might not be reversible'), [
      grey(plain('Microsoft doesn’t document whether a resource can return to a Microsoft-managed key.')),
    ]),
  );
  return [
    ...warningsOf(plan)
      .filter((check) => riskOf(check) === 0 && roleTaskIn(check) === null)
      .map((check) => checkRow(marks.warn, check)),
    ...unknown,
    ...words.notes(workOf(plan)).map((note) => row(noteMark, plain(note, 500))),
  ];
}

function checksTitle(plan: Plan): CardText {
  const numberOf = (wanted: string): number => plan.checks.filter(({ outcome }) => outcome === wanted).length;
  const failed = numberOf('block');
  const passed = `${countOf(numberOf('pass'), 'check', 'checks')} passed`;
  return plain(failed === 0 ? passed : `${failed} failed, ${passed}`);
}

function factsOf(plan: Plan): Fact[] {
  const { vault, control, guard } = plan.observation;
  const place = plain(subscriptionWords(control.vaultSubscription));
  return [
    ...changeFacts(plan),
    fact('Key vault', md`${bold(vault.name)} in ${place} (${plain(vaultAddress(vault.uri))})`),
    fact('Controls the key', plain(controlCountWords(control))),
    fact('Azure Policy', plain(guardLine(guard))),
  ];
}

export function decisionOf(plan: Plan, asker: Asker) {
  const risks = riskRows(plan, asker);
  const { control } = plan.observation;
  const one = risks.length === 1 ? '1 risk: check it first' : '';
  return {
    change: factsOf(plan),
    risks,
    risksTitle: plain(one === '' ? `${risks.length} risks: check them first` : one),
    tasks: tasksOf(plan),
    consequences: consequenceRows(plan),
    checksTitle: checksTitle(plan),
    notes: noteRows(plan),
    stepsTitle: plain(`${countOf(plan.steps.length, 'step', 'steps')} in Azure`),
    steps: planRows(plan),
    control: plain(controlWords(control)),
    askerControls: plain(ownControlWords(ownControl(control, asker.id), asker.words)),
    controllers: controllerRows(plan),
  };
}
