/** One line says all: what was asked cannot be done as asked. */
export class Unusable extends Error {
  override readonly name = 'Unusable';
}
