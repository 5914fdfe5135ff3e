import { UserError } from '../../common/errors.ts';

/** A place in a workflow file. `file` is the 1-based index that template tokens carry. */
export interface TokenPosition {
  file?: number;
  line?: number;
  col?: number;
}

/** An expression or template that cannot be parsed or evaluated. Texts follow SEM-20.17. */
export class ExpressionError extends UserError {
  /** Of the token that held the expression, when it was evaluated as part of a template. */
  readonly position: TokenPosition | undefined;

  constructor(message: string, position?: TokenPosition) {
    super('bad-expression', message);
    this.position = position;
  }
}
