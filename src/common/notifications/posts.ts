import { BoundedMap } from '../bounded-map.ts';
import type { Posted } from './send.ts';

/** Where messages are that may still change, by receiver and the message's key. */
export interface Posts {
  find(receiver: string, key: string): Promise<Posted | undefined>;
  keep(receiver: string, key: string, posted: Posted): Promise<void>;
}

const MAX_POSTED = 2_000;

/** As long as the program runs. */
export function postsInMemory(): Posts {
  const known = new BoundedMap<string, Posted>(MAX_POSTED);
  const nameOf = (receiver: string, key: string): string => JSON.stringify([receiver, key]);
  return {
    find: async (receiver, key) => known.get(nameOf(receiver, key)),
    async keep(receiver, key, posted) {
      known.set(nameOf(receiver, key), posted);
    },
  };
}
