/** Creates metrics that are counted, and metrics that are read when they are scraped. */
import { Counter, Gauge, type Registry } from 'prom-client';

export type Create = ReturnType<typeof creatorsIn>;

export function creatorsIn(register: Registry) {
  const registers = [register];
  return {
    counter: <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
      new Counter({ name, help, labelNames, registers }),

    counted<Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      count: (counter: Counter<Label>) => void,
    ) {
      const counter: Counter<Label> = new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          counter.reset();
          count(counter);
        },
      });
    },

    /**
     * A gauge that is read from the database. If reading fails, it's omitted from the scrape, so that the other metrics,
     * which report the database failure, are still returned.
     */
    query<Label extends string>(
      name: string,
      help: string,
      labelNames: Label[],
      read: (gauge: Gauge<Label>) => Promise<void>,
    ) {
      const gauge: Gauge<Label> = new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect: () =>
          read(gauge).catch(() => {
            gauge.reset();
            // After a reset, a gauge without labels would report 0.
            gauge.remove({});
          }),
      });
    },
  };
}
