/** Far above what the reader allows, and safe: at some thousands of levels the YAML parser takes the process down. */
const MAX_PARSER_DEPTH = 200;

/** The lexer announces a scalar by this mark; the scalar's text is the next lexeme. */
const SCALAR_MARK = '\x1f';
/** Byte order mark, start of a document, end of a broken flow collection: no content. */
const OTHER_MARKS = ['\ufeff', '\x02', '\x18'];

/**
 * Watches the lexemes of a YAML text, which come from a lexer that is linear and does not recurse, for nesting that
 * would be dangerous to parse. Counts an upper bound: open brackets, plus distinct indentations that are still open.
 */
export class YamlGuard {
  #line = 1;
  #flow = 0;
  #indents: number[] = [];
  #column = 0;
  /** Only white space, dashes and question marks so far on this line. */
  #leading = true;
  #inScalar = false;

  get isTooDeep(): boolean {
    return this.#flow + this.#indents.length > MAX_PARSER_DEPTH;
  }

  /** The end of the last lexeme. */
  get place(): { line: number; col: number } {
    return { line: this.#line, col: this.#column + 1 };
  }

  add(lexeme: string): void {
    if (!this.#inScalar && OTHER_MARKS.includes(lexeme)) return;
    if (this.#inScalar) this.#inScalar = false;
    else this.#addStructure(lexeme);
    if (lexeme !== SCALAR_MARK) this.#advance(lexeme);
  }

  #addStructure(lexeme: string): void {
    if (lexeme === '[' || lexeme === '{') this.#flow++;
    else if (lexeme === ']' || lexeme === '}') this.#flow = Math.max(0, this.#flow - 1);
    this.#inScalar = lexeme === SCALAR_MARK;
    if (!this.#leading || this.#flow > 0 || lexeme.startsWith('#') || lexeme.trim() === '') return;
    while ((this.#indents.at(-1) ?? -1) >= this.#column) this.#indents.pop();
    this.#indents.push(this.#column);
    this.#leading = lexeme === '-' || lexeme === '?';
  }

  #advance(lexeme: string): void {
    const lastBreak = lexeme.lastIndexOf('\n');
    this.#column = lastBreak < 0 ? this.#column + lexeme.length : lexeme.length - lastBreak - 1;
    if (lastBreak < 0) return;
    this.#line += lexeme.length === 1 ? 1 : lexeme.split('\n').length - 1;
    this.#leading = true;
  }
}
