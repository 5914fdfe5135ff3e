import type { SourceError } from '../../protocol/dashboard/index.ts';
import { FirstItems } from '../components/first-items.tsx';

/** Why the run could not start: each error of the workflow file with its place. */
export const SourceErrors = ({ errors }: { errors: readonly SourceError[] }) => (
  <SourceNotes id="errors" title="The workflow file has errors" notes={errors} />
);

/** What the workflow file says and nothing acts on yet, or surely does not mean. */
export const SourceWarnings = ({ warnings }: { warnings: readonly SourceError[] }) => (
  <SourceNotes id="warnings" title="Warnings about the workflow file" notes={warnings} />
);

interface SourceNotesProps {
  id: 'errors' | 'warnings';
  title: string;
  notes: readonly SourceError[];
}

function SourceNotes({ id, title, notes }: SourceNotesProps) {
  if (notes.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {title} <span className="muted">{notes.length}</span>
      </h2>
      <FirstItems items={notes}>
        {(note) => (
          <li key={`${place(note)} ${note.message}`} className={`source-note source-${id}`}>
            <code>{place(note)}</code>
            <p className="pre-wrap">{note.message}</p>
          </li>
        )}
      </FirstItems>
    </section>
  );
}

/** `file:line:column`, as far as it is known. */
function place({ file, line, column }: SourceError): string {
  return [file, line, column].filter((part) => part !== null).join(':');
}
