/** `Date` of the bundled product: the true time, moved by so much. */
const True = globalThis.Date;
export const clock = { moved: 0 };
const now = (): number => True.now() + clock.moved;

const Moved = new Proxy(True, {
  construct: (target, args, as) => Reflect.construct(target, args.length === 0 ? [now()] : args, as),
  apply: () => new True(now()).toString(),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

export { Moved as Date };
