import { type ExpressionBuilder, type ExpressionWrapper, type SqlBool, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** Repositories that somebody may see: all, or those of these places, `owner` or `owner/name` in lower case. */
export type Visible = 'all' | string[];

/** A condition on `repositories`; true for those that are visible. */
export function isVisible(
  builder: ExpressionBuilder<Tables, 'repositories'>,
  visible: Visible,
): ExpressionWrapper<Tables, 'repositories', SqlBool> {
  if (visible === 'all') return builder.and([]);
  // As JSON, so that the statement is the same for any number of places.
  const places = sql`(select value from json_each(${JSON.stringify(visible)}))`;
  const { fn } = builder;
  return builder.or([
    sql<SqlBool>`${builder.ref('repositories.key')} in ${places}`,
    sql<SqlBool>`${fn('lower', ['repositories.owner'])} in ${places}`,
  ]);
}
