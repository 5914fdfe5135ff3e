import { Checkbox, FormControl } from '@primer/react';
import { Dialog } from '../components/dialog.tsx';
import { WriteForm } from './write-form.tsx';

interface CancelDialogProps {
  runId: number;
  onClose: () => void;
  onDone: () => void;
}

/** Asks before a run is cancelled, and whether what would go on is to be stopped too (SEM-28). */
export function CancelDialog({ runId, onClose, onDone }: CancelDialogProps) {
  return (
    <Dialog title="Cancel this run?" onClose={onClose}>
      <WriteForm
        actions={[{ label: 'Cancel the run', variant: 'danger' }]}
        request={(form) => ({ path: `/runs/${runId}/${form.has('force') ? 'force-cancel' : 'cancel'}`, body: {} })}
        onDone={onDone}
      >
        <p>Jobs that wait are cancelled, and steps that run are stopped.</p>
        <FormControl>
          <Checkbox name="force" />
          <FormControl.Label>Force</FormControl.Label>
          <FormControl.Caption>
            Also jobs and steps with <code>always()</code>, which go on otherwise.
          </FormControl.Caption>
        </FormControl>
      </WriteForm>
    </Dialog>
  );
}
