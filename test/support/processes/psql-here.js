#!/usr/bin/env node
/** Stands in for `psql` where the machine has none: one address or `-h`, `-p` and `-d`, and the statements of each `-c`. */
import pg from 'pg';

const words = process.argv.slice(2);
const taking = ['-h', '-p', '-d', '-c', '-v'];
const options = words.flatMap((word, at) => (taking.includes(word) ? [[word, words[at + 1]]] : []));
const of = (name) => options.find(([option]) => option === name)?.[1];
const address = words.find((word, at) => !word.startsWith('-') && !taking.includes(words[at - 1]));

const client = new pg.Client(
  address === undefined
    ? { host: of('-h'), port: Number(of('-p') ?? 5432), database: of('-d'), user: process.env.PGUSER }
    : { connectionString: address },
);
await client.connect();
for (const [option, statement] of options) if (option === '-c') await client.query(statement);
await client.end();
