-- A row carries a seal made with a key that is not in this database, and is put in at the chain's head or not at all.

alter table cmk.event add column seal_key text, add column seal text;
-- A record that holds what must not be there is not mended by a migration: it is named when it is read.
alter table cmk.event add constraint event_from_one check (seq >= 1) not valid;
alter table cmk.event add constraint revision_from_one check (revision >= 1) not valid;

-- A seal may be added to what was written before there were seals, once.
create function cmk.refuse_all_but_a_first_seal() returns trigger language plpgsql as $$
begin
  if old.seal is null and old.seal_key is null and new.seal is not null and new.seal_key is not null
    and to_jsonb(new) - 'seal' - 'seal_key' = to_jsonb(old) - 'seal' - 'seal_key' then
    return new;
  end if;
  raise exception 'cmk.event only grows: UPDATE is refused' using errcode = 'insufficient_privilege';
end $$;
drop trigger event_only_grows on cmk.event;
create trigger event_only_grows before update on cmk.event
  for each row execute function cmk.refuse_all_but_a_first_seal();
create trigger event_stays before delete on cmk.event
  for each row execute function cmk.refuse_change();

-- The head moves along with what is put in, and no other way. The function is its owner's, so that whoever may put in rows
-- need not be allowed to move the head.
create function cmk.follow_the_head() returns trigger language plpgsql security definer set search_path = pg_catalog as $$
declare
  head cmk.chain_head;
begin
  select * into head from cmk.chain_head where one = 1 for update;
  if new.seq <> head.seq + 1 or new.prev <> head.hash
    or new.hash <> encode(sha256(convert_to(new.body, 'UTF8')), 'hex') then
    raise exception 'event % does not follow on the head of the chain, %', new.seq, head.seq
      using errcode = 'integrity_constraint_violation';
  end if;
  if new.seal is null or new.seal_key is null then
    raise exception 'event % carries no seal', new.seq using errcode = 'not_null_violation';
  end if;
  if new.revision <> 1 + (select coalesce(max(revision), 0) from cmk.event where request_id = new.request_id) then
    raise exception 'event % is not the next of %', new.seq, new.request_id using errcode = 'integrity_constraint_violation';
  end if;
  -- PostgreSQL looks into no JSON that holds an escaped NUL anywhere.
  update cmk.chain_head set seq = new.seq, hash = new.hash,
    time = replace(new.body, '\u0000', '\ufffd')::json ->> 'time' where one = 1;
  return new;
end $$;
create trigger event_follows_the_head before insert on cmk.event
  for each row execute function cmk.follow_the_head();

create function cmk.refuse_to_move_the_head() returns trigger language plpgsql as $$
begin
  if pg_trigger_depth() < 2 then
    raise exception 'cmk.chain_head moves with the events alone: UPDATE is refused' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger head_moves_with_events before update on cmk.chain_head
  for each row execute function cmk.refuse_to_move_the_head();
