import { Checkbox, FormControl, Radio } from '@primer/react';
import { useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import type { Job, RerunRequest, RunDetail } from '../../protocol/dashboard/index.ts';
import { keys } from '../api/queries.ts';
import { Dialog } from '../components/dialog.tsx';
import { isUnsuccessful } from '../format/state.ts';
import { runPath } from '../run/paths.ts';
import { WriteForm } from './write-form.tsx';

interface RerunDialogProps {
  run: RunDetail;
  /** Only this job, and what needs it. */
  job?: Job;
  onClose: () => void;
}

/** Asks which jobs are to run again; the page then shows the new attempt. */
export function RerunDialog({ run, job, onClose }: RerunDialogProps) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const request = (form: FormData) => {
    const body: RerunRequest = { jobs: job ? job.id : form.get('jobs') === 'failed' ? 'failed' : 'all' };
    if (form.has('debug')) body.debug = true;
    return { path: `/runs/${run.id}/rerun`, body };
  };
  const onDone = () => {
    onClose();
    void client.invalidateQueries({ queryKey: keys.run(run.id) });
    navigate(runPath(run.id));
  };
  return (
    <Dialog title={job ? `Re-run ${job.name}` : 'Re-run jobs'} onClose={onClose}>
      <WriteForm actions={[{ label: 'Re-run', variant: 'primary' }]} request={request} onDone={onDone}>
        {job ? <p>This job runs again in a new attempt, and so do the jobs that need it.</p> : <Choices run={run} />}
        <FormControl>
          <Checkbox name="debug" />
          <FormControl.Label>With debug logging</FormControl.Label>
          <FormControl.Caption>Steps and runner write more into the logs of this attempt.</FormControl.Caption>
        </FormControl>
      </WriteForm>
    </Dialog>
  );
}

function Choices({ run }: { run: RunDetail }) {
  const failed = run.jobs.filter((job) => job.calls === null && isUnsuccessful(job)).length;
  return (
    <fieldset className="choices">
      <legend className="visually-hidden">Which jobs</legend>
      <FormControl disabled={failed === 0}>
        <Radio name="jobs" value="failed" defaultChecked={failed > 0} />
        <FormControl.Label>Failed jobs</FormControl.Label>
        <FormControl.Caption>
          {failed === 0 ? 'No job of this attempt failed.' : `${failed} failed; the jobs that need them run again too.`}
        </FormControl.Caption>
      </FormControl>
      <FormControl>
        <Radio name="jobs" value="all" defaultChecked={failed === 0} />
        <FormControl.Label>All jobs</FormControl.Label>
      </FormControl>
    </fieldset>
  );
}
