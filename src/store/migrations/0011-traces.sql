-- What was under way when the row was written: what follows from it, on another replica or a day later, can say from where it comes.
alter table cmk.outbox add column traceparent text;
