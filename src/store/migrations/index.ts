import type { Migration } from 'kysely';
import { first } from './0001-first.ts';

/** In order. A migration that was released is never changed. */
export const migrations: Record<string, Migration> = { '0001-first': first };
