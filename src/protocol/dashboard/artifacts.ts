/** `GET /runs/:id/artifacts`: of every attempt, newest first. */
export interface ArtifactList {
  artifacts: Artifact[];
}

export interface Artifact {
  id: number;
  name: string;
  attempt: number;
  sizeBytes: number;
  /** SHA-256 in hex. */
  sha256: string | null;
  /** True: only its row is left. */
  expired: boolean;
  createdAt: string;
  expiresAt: string;
}

/** `GET /runs/:id/artifacts/:artifact/download`: where to get it within a minute, without a token. 410 when it has expired. */
export interface ArtifactDownload {
  url: string;
}
