/** What a worker asks before it downloads actions of other repositories. snake_case both ways. Source: runner-protocol 7. */
import { z } from 'zod';

export const ActionDownloadsRequest = z.looseObject({
  actions: z
    .array(
      z.looseObject({
        action: z.string().max(512),
        version: z.string().max(512),
        path: z.string().max(1024).nullish(),
      }),
    )
    .max(2_000)
    .nullish(),
});
export type ActionDownloadsRequest = z.infer<typeof ActionDownloadsRequest>;

/** By `action@version` exactly as asked. */
export interface ActionDownloadsResponse {
  actions: Record<string, ActionDownload>;
}

export interface ActionDownload {
  name: string;
  resolved_name: string;
  /** 40 hex digits. */
  resolved_sha: string;
  version: string;
  tar_url: string;
  zip_url: string;
  /** Sent with the download, whatever the host: it must be worth nothing elsewhere (runner-protocol 7, trap 2). */
  authentication: { token: string; expires_at: string };
}

/** Body of a 422: the worker shows the messages and fails the job at once. */
export interface ActionDownloadsRefusal {
  /** By `action@version` as asked. */
  errors: Record<string, { message: string }>;
}
