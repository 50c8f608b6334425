/** Who may approve at a desk, as it is moved while people click: a click on its way meanwhile may have been judged either way. */
import { persons } from './random-lives.ts';
import type { RightMove } from './request-misfits.ts';
import type { Role } from './request-model.ts';
import type { Desk } from './troubled-world.ts';

type Approver = 'approver' | 'secondApprover';
const both: readonly Approver[] = ['approver', 'secondApprover'];

interface Move extends RightMove {
  readonly beganMs: number;
  /** Infinite while it is under way. */
  readonly doneMs: number;
}

export class DeskRights {
  private readonly desk: Desk;
  /** How many events the request of this desk has. */
  private readonly length: () => Promise<number>;
  private readonly all: Move[] = [];
  private readonly holding = new Set<Approver>(both);

  constructor(desk: Desk, length: () => Promise<number>) {
    [this.desk, this.length] = [desk, length];
  }

  get moves(): readonly RightMove[] {
    return this.all;
  }

  get holders(): readonly string[] {
    return both.filter((one) => this.holding.has(one)).map((one) => persons[one]);
  }

  /** Everybody has their right, as before the request was there. */
  begin(): Promise<void> {
    return this.desk.setApprovers(this.holders);
  }

  async move(who: Approver): Promise<void> {
    const has = !this.holding.has(who);
    const person = persons[who];
    const began = { person, has, from: await this.length(), beganMs: Date.now() };
    this.all.push({ ...began, to: Number.POSITIVE_INFINITY, doneMs: Number.POSITIVE_INFINITY });
    const at = this.all.length - 1;
    if (has) this.holding.add(who);
    else this.holding.delete(who);
    await this.desk.setApprovers(this.holders);
    this.all[at] = { ...began, to: await this.length(), doneMs: Date.now() };
  }

  async giveBack(): Promise<void> {
    for (const one of both.filter((approver) => !this.holding.has(approver))) await this.move(one);
  }

  /** What somebody was, or may have been, from then until now. */
  rolesSince(person: string, sinceMs: number): readonly Role[] {
    if (person === persons.requester) return ['requester'];
    if (person === persons.teamMember) return ['nobody'];
    const own = this.all.filter((move) => move.person === person);
    const before = own.filter(({ doneMs }) => doneMs < sinceMs).at(-1)?.has ?? true;
    const may = [before, ...own.filter(({ doneMs }) => doneMs >= sinceMs).map(({ has }) => has)];
    return [...new Set(may)].map((has) => (has ? 'approver' : 'nobody'));
  }
}
