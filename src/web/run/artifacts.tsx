import { DownloadIcon, PackageIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useState } from 'react';
import type { Artifact, ArtifactDownload, RunDetail } from '../../protocol/dashboard/index.ts';
import { readJson } from '../api/client.ts';
import { useArtifacts } from '../api/queries.ts';
import { FirstItems } from '../components/first-items.tsx';
import { formatSize } from '../format/size.ts';

interface ArtifactsProps {
  run: RunDetail;
  /** When it is not the newest. */
  attempt: number | undefined;
}

/** What the jobs have left behind; nothing while there is nothing. */
export function Artifacts({ run, attempt }: ArtifactsProps) {
  const { data } = useArtifacts(run.id, run.jobs.filter(({ status }) => status === 'completed').length);
  const shown = (data?.artifacts ?? []).filter((artifact) => attempt === undefined || artifact.attempt <= attempt);
  if (shown.length === 0) return null;
  return (
    <section aria-labelledby="artifacts">
      <h2 id="artifacts">
        Artifacts <span className="muted">{shown.length}</span>
      </h2>
      <FirstItems items={shown}>
        {(artifact) => <ArtifactRow key={artifact.id} runId={run.id} artifact={artifact} />}
      </FirstItems>
    </section>
  );
}

function ArtifactRow({ runId, artifact }: { runId: number; artifact: Artifact }) {
  const { name, sizeBytes, sha256, expired, expiresAt } = artifact;
  const [problem, setProblem] = useState<string>();
  const download = async (): Promise<void> => {
    setProblem(undefined);
    try {
      const { url } = await readJson<ArtifactDownload>(`/runs/${runId}/artifacts/${artifact.id}/download`);
      // The page may have been opened under another name than the server's public one.
      const { pathname, search } = new URL(url);
      window.location.assign(pathname + search);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <li className="artifact">
      <PackageIcon size={16} />
      <div className="artifact-facts">
        <span className={expired ? 'muted' : 'strong'}>{name}</span>
        <span className="small muted" title={sha256 ? `SHA-256: ${sha256}` : undefined}>
          {formatSize(sizeBytes)}
          {expired ? ', expired' : `, until ${new Date(expiresAt).toLocaleDateString()}`}
        </span>
        {problem && <span role="alert">{problem}</span>}
      </div>
      {!expired && (
        <Button
          size="small"
          leadingVisual={DownloadIcon}
          aria-label={`Download ${name}`}
          onClick={() => void download()}
        >
          Download
        </Button>
      )}
    </li>
  );
}
