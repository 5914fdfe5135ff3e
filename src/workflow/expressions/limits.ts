import { Effort } from '../../common/effort.ts';
import { ExpressionError } from './error.ts';

/** SEM-20.16: 10 MB of text that one evaluation makes, at two bytes a character. */
const MAX_BUILT_CHARACTERS = (10 * 1024 * 1024) / 2;
/**
 * Beyond GitHub's limit, so that no expression keeps the server busy: some 30 ms of looking at characters, elements and
 * members, in steps of 1 to 2 ns. Ordinary expressions take hundreds.
 */
const MAX_SCANNED = 20_000_000;
export const SCANNED_PER_COMPARED_CHARACTER = 4;
export const SCANNED_PER_ELEMENT = 40;
/** Of an object with thousands of members, whose order has to be found. */
const SCANNED_PER_MEMBER_OF_MANY = 300;
const MANY_MEMBERS = 1000;

/** What one evaluation may cost: of an expression, or of a whole template (SEM-20.16). */
export class Limits {
  readonly #built = new Effort(
    MAX_BUILT_CHARACTERS,
    () => new ExpressionError('The maximum allowed memory size was exceeded'),
  );
  readonly #scanned = new Effort(MAX_SCANNED, () => new ExpressionError('The expression takes too long to evaluate'));

  /**
   * Before so many characters of a new text, or as many of JSON as become values, are made.
   * @throws ExpressionError
   */
  build(characters: number): void {
    this.#built.spend(characters);
  }

  /**
   * Before so many steps of looking at what is there.
   * @throws ExpressionError
   */
  scan(steps: number): void {
    this.#scanned.spend(steps);
  }

  /**
   * Before or after so many elements of a list are looked at.
   * @throws ExpressionError
   */
  scanElements(count: number): void {
    this.scan(count * SCANNED_PER_ELEMENT);
  }

  /**
   * The same for members of one object.
   * @throws ExpressionError
   */
  scanMembers(count: number): void {
    this.scan(count * (count > MANY_MEMBERS ? SCANNED_PER_MEMBER_OF_MANY : SCANNED_PER_ELEMENT));
  }
}
