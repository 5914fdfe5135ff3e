import type { SourceError } from '../../protocol/dashboard/index.ts';

/** Why the run could not start: each error of the workflow file with its place. */
export function SourceErrors({ errors }: { errors: readonly SourceError[] }) {
  if (errors.length === 0) return null;
  return (
    <section aria-labelledby="errors">
      <h2 id="errors">The workflow file has errors</h2>
      <ul className="list">
        {errors.map((error) => (
          <li key={`${place(error)} ${error.message}`} className="source-error">
            <code>{place(error)}</code>
            <p className="pre-wrap">{error.message}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** `file:line:column`, as far as it is known. */
function place({ file, line, column }: SourceError): string {
  return [file, line, column].filter((part) => part !== null).join(':');
}
