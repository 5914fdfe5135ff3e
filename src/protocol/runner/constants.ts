/** Values of the runner's wire contracts, apart from the zod shapes: the runner loads these and must stay small. */

/** Method paths below the origin of the results endpoint (runner-protocol 8.1). */
export const RECEIVER_PATH = '/twirp/results.services.receiver.Receiver';
export const STEPS_UPDATE_PATH = '/twirp/github.actions.results.api.v1.WorkflowStepUpdateService/WorkflowStepsUpdate';

/** A runner ends with it when its machine is not fit for another job: something of a job stays, or the disk is full. */
export const UNFIT_EXIT_CODE = 8;

/** Codes of `StepUpdate.status`. */
export const StepStatusCode = { unknown: 0, inProgress: 3, pending: 5, completed: 6 } as const;
/** Codes of `StepUpdate.conclusion`. */
export const StepConclusionCode = { unknown: 0, success: 2, failure: 3, cancelled: 4, skipped: 7 } as const;

/**
 * Variables of a job message that only Switchyard's server sends, and only its runner reads, for the log of "Set up job":
 * JSON lists of labels.
 */
export const LABEL_VARIABLES = {
  requested: 'switchyard.requested_labels',
  runner: 'switchyard.runner_labels',
} as const;

/** Azure mode makes the official runner upload through the Azure SDK, the only mode that keeps large logs whole. */
export const BLOB_STORAGE_TYPE = 'BLOB_STORAGE_TYPE_AZURE';

/** `source` of a broker error must be this text, else the official runner treats the error as generic. */
export const BROKER_ERROR_SOURCE = 'actions-broker-listener';

/** `source` of a run service error; the client matches it and `statusCode` (404 not found, 409 taken, 422 unprocessable). */
export const RUN_ERROR_SOURCE = 'actions-run-service';
