/**
 * Artifacts v4 and cache v2 as twirp with JSON, called by the toolkit inside jobs (runner-protocol 9.2, 9.7). Names are the
 * proto's own; 64-bit numbers travel as text, wrapper types as their bare value.
 */
import { z } from 'zod';

const RESULTS_API = '/twirp/github.actions.results.api.v1';
export const ARTIFACT_SERVICE_PATH = `${RESULTS_API}.ArtifactService`;
export const CACHE_SERVICE_PATH = `${RESULTS_API}.CacheService`;

const Count = z.coerce.number().int().nonnegative();
/** protobuf's JSON also allows null for a wrapper that is not set. */
const optional = <T extends z.ZodType>(shape: T) => shape.nullish().transform((value) => value ?? undefined);

const ids = { workflow_run_backend_id: z.string().max(100), workflow_job_run_backend_id: z.string().max(100) };
const named = { ...ids, name: z.string().min(1).max(256) };

export const CreateArtifactRequest = z.looseObject({
  ...named,
  expires_at: optional(z.iso.datetime({ offset: true })),
  version: z.coerce.number().optional(),
  mime_type: optional(z.string().max(200)),
});
export type CreateArtifactRequest = z.output<typeof CreateArtifactRequest>;

export const FinalizeArtifactRequest = z.looseObject({
  ...named,
  size: Count.default(0),
  hash: optional(z.string().regex(/^sha256:[0-9a-fA-F]{64}$/, 'must be sha256: and 64 hex digits')),
});
export type FinalizeArtifactRequest = z.output<typeof FinalizeArtifactRequest>;

export const ListArtifactsRequest = z.looseObject({
  ...ids,
  name_filter: optional(z.string().max(256)),
  id_filter: optional(Count),
});
export type ListArtifactsRequest = z.output<typeof ListArtifactsRequest>;

export const NamedArtifactRequest = z.looseObject(named);
export type NamedArtifactRequest = z.output<typeof NamedArtifactRequest>;

export interface ListedArtifact {
  workflow_run_backend_id: string;
  workflow_job_run_backend_id: string;
  database_id: string;
  name: string;
  size: string;
  created_at: string;
  digest?: string;
}

/** 512 characters without a comma, as the client checks too. */
const CacheKey = z
  .string()
  .min(1)
  .max(512)
  .refine((key) => !key.includes(','), 'must not hold a comma');
const CacheVersion = z.string().min(1).max(512);
const MAX_RESTORE_KEYS = 10;

export const CreateCacheEntryRequest = z.looseObject({ key: CacheKey, version: CacheVersion });
export type CreateCacheEntryRequest = z.output<typeof CreateCacheEntryRequest>;

export const FinalizeCacheEntryRequest = z.looseObject({
  key: CacheKey,
  version: CacheVersion,
  size_bytes: Count.default(0),
});
export type FinalizeCacheEntryRequest = z.output<typeof FinalizeCacheEntryRequest>;

export const CacheDownloadRequest = z.looseObject({
  key: CacheKey,
  restore_keys: z.array(CacheKey).max(MAX_RESTORE_KEYS).default([]),
  version: CacheVersion,
});
export type CacheDownloadRequest = z.output<typeof CacheDownloadRequest>;

/** Cache v1 as REST (runner-protocol 9.8), for clients that take the server for a GHES. */
export const CACHE_V1_PATH = '/cache/_apis/artifactcache';

export const CacheLookupQuery = z.object({
  keys: z
    .string()
    .max(520 * (MAX_RESTORE_KEYS + 1))
    .transform((text) => text.split(','))
    .pipe(z.array(CacheKey).max(MAX_RESTORE_KEYS + 1)),
  version: CacheVersion,
});
export const CacheListQuery = z.object({ key: z.string().max(512).default('') });
export const ReserveCacheRequest = z.looseObject({ key: CacheKey, version: CacheVersion, cacheSize: Count.optional() });
export const CommitCacheRequest = z.looseObject({ size: Count });

export interface CacheEntryV1 {
  cacheKey: string;
  scope: string;
  cacheVersion: string;
  creationTime: string;
  archiveLocation?: string;
}
