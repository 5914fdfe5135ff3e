/** Where the content of caches lies; uploads apart, so that what is finished cannot be changed. */
import type { CacheRow } from '../../store/caches.ts';
import { UPLOADS } from '../blobs/uploads.ts';

export const cacheUpload = ({ id }: Pick<CacheRow, 'id'>): string => `${UPLOADS}/caches/${id}`;
export const cacheBlob = ({ id, repository_id }: Pick<CacheRow, 'id' | 'repository_id'>): string =>
  `caches/${repository_id}/${id}`;
