/** The version page. */

import type { ObservedKey } from '../../../domain/observed.ts';
import type { Refusal } from '../../../domain/request/refusal.ts';
import type { Form } from '../../../operations/form.ts';
import type { FactsOf } from '../../../operations/pages/page.ts';
import { operationNamed } from '../../../operations/registry.ts';
import { utcDay } from '../../../text/instants.ts';
import { shortVersion } from '../../../text/places.ts';
import { bold, type CardText, date, joinText, label, md, nothing, plain } from '../plain-text.ts';
import { type AdaptiveCard, renderCard } from '../render-card.ts';
import { canGoBack, formHeaderOf, vaultAddress } from './parts.ts';

type Facts = FactsOf<'version'>;

const isAnother = ({ newest, current }: Facts): boolean => newest !== null && newest.version !== current?.keyVersion;

/** A choice is a label, which can't show dates in the reader's format, so days are written out. */
function choicesOf(facts: Facts) {
  const { newest } = facts;
  const made = newest === null || newest.created === null ? '' : `, created ${utcDay(newest.created)}`;
  return [
    ...(newest !== null && isAnother(facts)
      ? [{ title: label(`Newest version: ${shortVersion(newest.version)}${made}`), value: 'newest' }]
      : []),
    ...(facts.makes === null ? [] : [{ title: label('A new version, created when the run starts'), value: 'new' }]),
    { title: label('Another key or vault'), value: 'other' },
  ];
}

const endOf = (expires: string | null): CardText =>
  expires === null ? plain('no expiry') : md`expires ${date(new Date(expires))}`;

function inUseNote({ inUse, current }: Facts): CardText {
  if (current?.keyVersion === null) return plain('It isn’t known whether the agent follows newer versions.');
  if (inUse === null) return plain('The bot can’t read this version.');
  const made = inUse.created === null ? nothing : md`created ${date(new Date(inUse.created))}`;
  return joinText([inUse.enabled ? nothing : bold('Disabled'), made, endOf(inUse.expires)]);
}

function newestWords({ enabled, expires }: ObservedKey): CardText {
  if (!enabled) return plain('is disabled');
  return expires === null ? plain('has no expiry') : endOf(expires);
}

/** Returns the effect of each choice, then effects that all have. */
function notesOn(facts: Facts): readonly CardText[] {
  const { vault, newest, inUse, makes: made } = facts;
  return [
    ...(vault === null ? [plain('The bot can’t read the vault of this key, so you can only choose another key.')] : []),
    ...(newest === null
      ? []
      : isAnother(facts)
        ? [md`The newest version ${newestWords(newest)}.`]
        : [plain('The agent uses the newest version of its key.')]),
    ...(made === null
      ? []
      : [
          md`A new version is like the ${plain(inUse === null ? 'newest' : 'current')} one: ${plain(`${made.type} ${made.size}`)}, ${endOf(made.expires)}.`,
        ]),
    plain('The old version stays enabled. This request doesn’t disable it.'),
  ];
}

function underMicrosoftsKey(form: Form, { resource }: Facts, problem: Refusal | null): AdaptiveCard {
  const { instead } = operationNamed(form.operation);
  return renderCard('form-version', {
    ...formHeaderOf(form, problem),
    canGoBack: canGoBack(form),
    subject: plain(resource.name),
    inUse: plain('Microsoft-managed key'),
    inUseNote: nothing,
    choices: [],
    selected: '',
    notes: [],
    nothingToChoose: md`${bold('There is no version to rotate.')} This agent uses a Microsoft-managed key.`,
    instead: label(form.changes === null ? operationNamed(instead).words.offer : ''),
  });
}

export function versionPageCard(form: Form, facts: Facts, problem: Refusal | null): AdaptiveCard {
  const { resource, current, vault, chosen } = facts;
  if (current === null) return underMicrosoftsKey(form, facts, problem);
  const choices = choicesOf(facts);
  return renderCard('form-version', {
    ...formHeaderOf(form, problem),
    canGoBack: canGoBack(form),
    subject: md`${plain(resource.name)}  ·  ${plain(current.keyName)} in ${plain(vault?.name ?? vaultAddress(current.vaultUri))}`,
    inUse: plain(current.keyVersion === null ? 'No version named' : `Version ${shortVersion(current.keyVersion)}`),
    inUseNote: inUseNote(facts),
    choices,
    selected: choices.find(({ value }) => value === chosen)?.value ?? choices[0]?.value ?? '',
    notes: notesOn(facts).map((text) => ({ text })),
    nothingToChoose: nothing,
    instead: label(''),
  });
}
