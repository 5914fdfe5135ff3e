import { Link } from 'wouter';

/** A sentence of the server's; what it quotes in backticks is code, and a run that it names by id is a link. */
export function Sentence({ text }: { text: string }) {
  const parts = text.split('`');
  if (parts.length % 2 === 0) return <WithRuns text={text} />;
  return parts.map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts are told apart by their place only.
    index % 2 === 1 ? <code key={index}>{part}</code> : <WithRuns key={index} text={part} />,
  );
}

/** `run 12 (Its title)` and `a newer run (12)`, as the server writes them. */
const runName = /\b(run \d+(?= \()|run \(\d+\))/;

function WithRuns({ text }: { text: string }) {
  const parts = text.split(runName);
  return parts.map((part, index) =>
    index % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts are told apart by their place only.
      <Link key={index} href={`/runs/${part.replace(/\D/g, '')}`}>
        {part}
      </Link>
    ) : (
      part
    ),
  );
}
