/** Seals of database rows with names, conversation addresses and posted cards: port over the seal key. */

export type SealedValues = readonly (string | null)[];

export interface RowSeals {
  /** Seals a row. `table`: the seal is valid for that table only. `values`: in a fixed order, including the row's key. */
  seal(table: string, values: SealedValues): string;
  /** Returns whether this program wrote the row. Takes microseconds. */
  isGood(table: string, values: SealedValues, seal: string | null): boolean;
}
