import { Button } from '@primer/react';
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { type ComponentProps, type ReactNode, useState } from 'react';
import { type WriteAction, WriteForm } from '../actions/write-form.tsx';
import type { Write } from '../api/client.ts';
import { Dialog } from '../components/dialog.tsx';

interface DialogButtonProps extends Pick<ComponentProps<typeof Button>, 'variant' | 'leadingVisual'> {
  label: string;
  /** What it does to what, where the label alone does not say. */
  name?: string;
  /** Makes the dialog. */
  children: (close: () => void) => ReactNode;
}

/** A button that opens a dialog. */
export function DialogButton({ label, name = label, children, ...look }: DialogButtonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button size="small" aria-label={name} onClick={() => setOpen(true)} {...look}>
        {label}
      </Button>
      {isOpen && children(() => setOpen(false))}
    </>
  );
}

interface ChangeDialogProps {
  title: string;
  action: WriteAction;
  request: (form: FormData) => Write;
  /** What has to be read anew after it. */
  changes: QueryKey;
  onClose: () => void;
  /** In place of closing. */
  onAnswer?: (answer: unknown) => void;
  children: ReactNode;
}

/** Asks, changes something on the server, and has the page read anew what that changed. */
export function ChangeDialog(props: ChangeDialogProps) {
  const { title, action, request, changes, onClose, onAnswer = onClose, children } = props;
  const client = useQueryClient();
  const onDone = (answer: unknown) => {
    void client.invalidateQueries({ queryKey: changes });
    onAnswer(answer);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <WriteForm actions={[action]} request={request} onDone={onDone}>
        {children}
      </WriteForm>
    </Dialog>
  );
}

/** What a field of a form holds. */
export const textOf = (form: FormData, name: string): string => String(form.get(name) ?? '').trim();

/** Words of a field, between commas or white space. */
export const wordsOf = (form: FormData, name: string): string[] =>
  textOf(form, name)
    .split(/[\s,]+/)
    .filter((word) => word !== '');
