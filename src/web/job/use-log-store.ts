import { useEffect, useState } from 'react';
import type { Job, LogPage } from '../../protocol/dashboard/index.ts';
import { readJson } from '../api/client.ts';
import { LogStore } from '../log/log-store.ts';

/** The log of a job, told of lines that the job's steps have gained. */
export function useLogStore(jobId: number, job: Job | undefined): LogStore {
  const [store] = useState(
    () =>
      new LogStore((step, from, limit) =>
        readJson<LogPage>(`/jobs/${jobId}/steps/${step}/log?from=${from}&limit=${limit}`),
      ),
  );
  useEffect(() => {
    for (const step of job?.steps ?? []) store.grow(step.number, step.logLines);
  }, [store, job]);
  return store;
}
