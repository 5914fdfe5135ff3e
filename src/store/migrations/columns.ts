import type { ColumnDefinitionBuilder, Kysely } from 'kysely';

/** `id` counts up and is never reused: ids in REST are integers as on GitHub (SEM-5.1). */
export const table = (db: Kysely<unknown>, name: string) =>
  db.schema.createTable(name).addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement());

/** A reference to the row that this one goes with. */
export const cascade = (target: string) => (column: ColumnDefinitionBuilder) =>
  column.notNull().references(target).onDelete('cascade');
