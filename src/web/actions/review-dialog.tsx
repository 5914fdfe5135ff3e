import { Checkbox, FormControl, Textarea } from '@primer/react';
import { useQueryClient } from '@tanstack/react-query';
import type { PendingDeployment, ReviewRequest } from '../../protocol/dashboard/index.ts';
import { keys } from '../api/queries.ts';
import { Dialog } from '../components/dialog.tsx';
import { WriteForm } from './write-form.tsx';

interface ReviewDialogProps {
  runId: number;
  deployments: readonly PendingDeployment[];
  onClose: () => void;
}

/** Approves or rejects the deployments that the user chooses (SEM-12.3). */
export function ReviewDialog({ runId, deployments, onClose }: ReviewDialogProps) {
  const client = useQueryClient();
  const request = (form: FormData) => {
    const comment = String(form.get('comment') ?? '').trim();
    const environments = form.getAll('environment').map(String);
    if (environments.length === 0) throw new Error('Choose at least one environment.');
    const body: ReviewRequest = {
      environments,
      state: form.get('state') === 'approved' ? 'approved' : 'rejected',
      ...(comment === '' ? {} : { comment }),
    };
    return { path: `/runs/${runId}/reviews`, body };
  };
  const onDone = () => {
    onClose();
    void client.invalidateQueries({ queryKey: keys.run(runId) });
  };
  return (
    <Dialog title="Review deployments" onClose={onClose}>
      <WriteForm
        actions={[
          { label: 'Approve', variant: 'primary', name: 'state', value: 'approved' },
          { label: 'Reject', variant: 'danger', name: 'state', value: 'rejected' },
        ]}
        request={request}
        onDone={onDone}
      >
        <Environments deployments={deployments} />
        <FormControl>
          <FormControl.Label>Comment</FormControl.Label>
          <Textarea name="comment" rows={3} resize="vertical" block />
        </FormControl>
      </WriteForm>
    </Dialog>
  );
}

/** With only one there is nothing to choose. */
function Environments({ deployments }: Pick<ReviewDialogProps, 'deployments'>) {
  const [only, second] = deployments;
  if (only && !second) {
    return (
      <p>
        <input type="hidden" name="environment" value={only.environment} />
        {jobsText(only)} to <strong>{only.environment}</strong>. {onlyTimer(only)}
      </p>
    );
  }
  return (
    <fieldset className="choices">
      <legend>Environments</legend>
      {deployments.map((deployment) => (
        <FormControl key={deployment.environment}>
          <Checkbox
            name="environment"
            value={deployment.environment}
            defaultChecked={deployment.reviewers.length > 0}
          />
          <FormControl.Label>{deployment.environment}</FormControl.Label>
          <FormControl.Caption>
            {jobsText(deployment)} there. {onlyTimer(deployment)}
          </FormControl.Caption>
        </FormControl>
      ))}
    </fieldset>
  );
}

const jobsText = ({ jobs }: PendingDeployment): string =>
  jobs.length === 1 ? `The job ${jobs[0]} goes` : `The jobs ${jobs.join(', ')} go`;

const onlyTimer = ({ reviewers }: PendingDeployment): string =>
  reviewers.length === 0 ? 'It asks no reviewers; an administrator can let jobs pass before its timer ends.' : '';
