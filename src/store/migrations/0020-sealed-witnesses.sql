-- What came of asking witnesses carries a seal as well: nobody else has the bot warn of one, or keep silent about one.
alter table cmk.witness add column seal text;
