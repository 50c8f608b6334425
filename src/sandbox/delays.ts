/** Requests delayed by faults. Each continues after its delay, or when all faults are removed. */
export class Delays {
  private readonly held = new Set<() => void>();

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const goOn = (): void => {
        clearTimeout(timer);
        this.held.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, ms);
      this.held.add(goOn);
    });
  }

  end(): void {
    for (const goOn of [...this.held]) goOn();
  }
}
