/** Seals of rows that say who is called what, where people can be reached and which card stands where: the port over the seal key. */

export type SealedValues = readonly (string | null)[];

export interface RowSeals {
  /** `table`: a seal of one table's row is good for no other table. `values`: in a fixed order, the row's key among them. */
  seal(table: string, values: SealedValues): string;
  /** Whether this program wrote the row. Costs microseconds. */
  isGood(table: string, values: SealedValues, seal: string | null): boolean;
}
