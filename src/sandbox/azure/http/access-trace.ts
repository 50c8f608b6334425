/** Collects, while a request is served, what the request log needs. */
export class AccessTrace {
  /** The caller; null until known. */
  principalId: string | null = null;
  private readonly seen = { actions: new Set<string>(), dataActions: new Set<string>(), graph: new Set<string>() };

  caller(principalId: string): void {
    this.principalId = principalId;
  }

  /** Adds an action that was required and allowed by a role. For data actions: by a role on a vault that uses RBAC. */
  action(name: string): void {
    this.seen.actions.add(name);
  }

  dataAction(name: string): void {
    this.seen.dataActions.add(name);
  }

  /** Adds an application permission of Microsoft Graph that was required and granted. */
  graphPermission(name: string): void {
    this.seen.graph.add(name);
  }

  /** Returns the permissions that the request used, without duplicates. */
  exercised() {
    const { actions, dataActions, graph } = this.seen;
    return { actions: [...actions], dataActions: [...dataActions], graphPermissions: [...graph] };
  }
}
