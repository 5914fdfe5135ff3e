import { StopIcon, SyncIcon } from '@primer/octicons-react';
import { Button } from '@primer/react';
import { useState } from 'react';
import { CancelDialog, RerunDialog } from '../actions/dialogs.tsx';
import { canCancel, canRerun, type ShownRun } from './shown-run.ts';

/** Cancel what runs, run again what has ended. */
export function RunActions({ shown }: { shown: ShownRun }) {
  const [open, setOpen] = useState<'cancel' | 'rerun'>();
  const [isCancelling, setCancelling] = useState(false);
  const close = () => setOpen(undefined);
  return (
    <div className="subject-actions">
      {canRerun(shown) && (
        <Button leadingVisual={SyncIcon} onClick={() => setOpen('rerun')}>
          Re-run jobs
        </Button>
      )}
      {canCancel(shown) && (
        <>
          <span role="status" className="muted small">
            {isCancelling && 'Cancelling…'}
          </span>
          <Button leadingVisual={StopIcon} onClick={() => setOpen('cancel')}>
            Cancel run
          </Button>
        </>
      )}
      {open === 'rerun' && <RerunDialog run={shown.run} onClose={close} />}
      {open === 'cancel' && (
        <CancelDialog
          runId={shown.run.id}
          onClose={close}
          onDone={() => {
            close();
            setCancelling(true);
          }}
        />
      )}
    </div>
  );
}
