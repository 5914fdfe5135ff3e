/** GitHub's template context, made to say where in an expression an error is (SEM-20.17): its own texts leave that out. */
import { ExpressionError as ParserError } from '@actions/expressions/errors';
import { TemplateContext } from '@actions/workflow-parser/templates/template-context';
import { type TemplateToken as LibraryToken, StringToken } from '@actions/workflow-parser/templates/tokens/index';
import type { TokenRange } from '@actions/workflow-parser/templates/tokens/token-range';
import { errorText } from '../../common/errors.ts';
import { expressionsIn, parserErrorText } from '../expressions/index.ts';
import { MAX_PROBLEMS } from './problems.ts';

export class LocatingContext extends TemplateContext {
  /** Of each scalar with errors the expressions that come after the last error: the reader reports them in order. */
  readonly #left = new WeakMap<LibraryToken, string[]>();

  override error(at: LibraryToken | number | undefined, error: unknown, range?: TokenRange): void {
    const isShown = this.errors.count < MAX_PROBLEMS && at instanceof StringToken && error instanceof ParserError;
    const located = isShown ? this.#located(at, error) : undefined;
    const text = located ?? errorText(error);
    if (typeof at === 'number') super.error(at, text, range);
    else super.error(at, text, range);
  }

  #located(token: StringToken, error: ParserError): string | undefined {
    const left = this.#left.get(token) ?? [...expressionsIn(token.value)].map(({ expression }) => expression);
    this.#left.set(token, left);
    for (let expression = left.shift(); expression !== undefined; expression = left.shift()) {
      const text = parserErrorText(error, expression);
      if (text) return text;
    }
    return undefined;
  }
}
