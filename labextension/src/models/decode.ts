/** Checks what arrives from outside against the generated shapes; unknown members are left alone. */

import { SHAPES, type ContractName, type Contracts, type Shape } from '../contracts';

/** A message is not what its contract says. */
export class UnexpectedMessage extends Error {
  override readonly name = 'UnexpectedMessage';

  constructor(
    readonly contract: ContractName,
    readonly where: string
  ) {
    super(`Not a ${contract}: ${where} is missing or of another kind.`);
  }
}

/**
 * The value as the contract it was checked against.
 *
 * @throws UnexpectedMessage when a member is missing or of another kind.
 */
export function decode<N extends ContractName>(contract: N, value: unknown): Contracts[N] {
  const where = mismatch(SHAPES[contract], value, contract);
  if (where !== null) {
    throw new UnexpectedMessage(contract, where);
  }
  return value as Contracts[N];
}

/** Where the value first departs from the shape, or null when it fits. */
function mismatch(shape: Shape, value: unknown, where: string): string | null {
  if (typeof shape === 'string') {
    return fitsScalar(shape, value) ? null : where;
  }
  if ('ref' in shape) {
    return mismatch(SHAPES[shape.ref], value, where);
  }
  if ('any' in shape) {
    return shape.any.some(choice => mismatch(choice, value, where) === null) ? null : where;
  }
  if ('literals' in shape) {
    return shape.literals.some(literal => literal === value) ? null : where;
  }
  if ('list' in shape) {
    return Array.isArray(value) ? firstOf(value.map((item, at) => mismatch(shape.list, item, `${where}[${at}]`))) : where;
  }
  if (!isRecord(value)) {
    return where;
  }
  if ('map' in shape) {
    return firstOf(Object.entries(value).map(([name, item]) => mismatch(shape.map, item, `${where}.${name}`)));
  }
  return firstOf(
    Object.entries(shape.members).map(([name, member]) =>
      value[name] === undefined && shape.optional.includes(name) ? null : mismatch(member, value[name], `${where}.${name}`)
    )
  );
}

function fitsScalar(kind: Shape & string, value: unknown): boolean {
  switch (kind) {
    case 'unknown':
      return true;
    case 'null':
      return value === null;
    case 'integer':
      return Number.isSafeInteger(value);
    default:
      return typeof value === kind;
  }
}

function firstOf(found: readonly (string | null)[]): string | null {
  return found.find(where => where !== null) ?? null;
}

/** Whether the value is an object with named members. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
