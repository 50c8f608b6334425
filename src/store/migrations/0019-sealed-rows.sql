-- What says where people can be reached, what they are called and which card stands where carries a seal as well. The program that
-- applies this seals what is there.
alter table cmk.conversation add column seal text;
alter table cmk.person add column seal text, add column address_seal text;
alter table cmk.shown add column seal text;
