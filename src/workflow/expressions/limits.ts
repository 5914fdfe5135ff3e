import { Effort } from '../../common/effort.ts';
import { ExpressionError } from './error.ts';

/** SEM-20.16: 10 MB of text that one evaluation makes, at two bytes a character. */
const MAX_BUILT_CHARACTERS = (10 * 1024 * 1024) / 2;
/** Beyond GitHub's limit: characters and elements looked at. Some 30 ms; ordinary expressions take thousands. */
const MAX_SCANNED = 10_000_000;

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
   * Before so many characters are compared or searched; an element of a list counts as some.
   * @throws ExpressionError
   */
  scan(characters: number): void {
    this.#scanned.spend(characters);
  }
}
