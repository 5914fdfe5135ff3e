import { DownloadIcon } from '@primer/octicons-react';
import { IconButton } from '@primer/react';
import type { MouseEvent } from 'react';
import { request } from '../api/client.ts';
import { currentToken } from '../api/token.ts';

interface DownloadButtonProps {
  repository: string;
  jobId: number;
}

/** The whole log as text, from the REST API. A link cannot send a token: with one, the page fetches it itself. */
export function DownloadButton({ repository, jobId }: DownloadButtonProps) {
  const path = `/api/v3/repos/${repository}/actions/jobs/${jobId}/logs`;
  const onClick = (event: MouseEvent) => {
    if (currentToken() === null) return;
    event.preventDefault();
    void save(path, `job-${jobId}.log`);
  };
  return (
    <IconButton as="a" size="small" icon={DownloadIcon} aria-label="Download the log" href={path} onClick={onClick} />
  );
}

async function save(path: string, name: string): Promise<void> {
  const response = await request(path);
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
