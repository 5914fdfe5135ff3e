import { XIcon } from '@primer/octicons-react';
import { IconButton } from '@primer/react';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** A modal dialog of the browser's own: it keeps the focus inside, and gives it back to what opened it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Not later: the focus is given back while the dialog is still there.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // The browser would begin with the button that closes it.
    element?.querySelector<HTMLElement>('input:not([type=hidden]), textarea')?.focus();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={heading}
      // Escape
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={heading}>{title}</h2>
        <IconButton icon={XIcon} size="small" variant="invisible" aria-label="Close" onClick={onClose} />
      </div>
      {children}
    </dialog>
  );
}
