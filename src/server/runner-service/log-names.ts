/** Names of the blobs that hold what jobs print. */
export const stepLogName = (jobId: number, stepId: string): string => `logs/${jobId}/${stepId.toLowerCase()}.txt`;
export const jobLogName = (jobId: number): string => `logs/${jobId}/job.txt`;
export const diagLogName = (jobId: number): string => `logs/${jobId}/diagnostics.zip`;
export const stepSummaryName = (jobId: number, stepId: string): string =>
  `summaries/${jobId}/${stepId.toLowerCase()}.md`;
