-- What tells people of one name apart; null where Teams has not said it.
alter table cmk.person add column address text;
create index person_by_name on cmk.person (lower(name));
