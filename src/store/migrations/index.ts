import type { Migration } from 'kysely';
import { first } from './0001-first.ts';
import { wholeLanguage } from './0002-whole-language.ts';
import { githubsFace } from './0003-githubs-face.ts';
import { runHeads } from './0004-run-heads.ts';
import { postedMessages } from './0005-posted-messages.ts';

/** In order. A migration that was released is never changed. */
export const migrations: Record<string, Migration> = {
  '0001-first': first,
  '0002-whole-language': wholeLanguage,
  '0003-githubs-face': githubsFace,
  '0004-run-heads': runHeads,
  '0005-posted-messages': postedMessages,
};
