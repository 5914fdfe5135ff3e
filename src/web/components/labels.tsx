/** Labels of a runner, or of a pool of runners. */
export function Labels({ labels }: { labels: readonly string[] }) {
  return (
    <div className="labels">
      {labels.map((label) => (
        <span key={label} className="label">
          {label}
        </span>
      ))}
    </div>
  );
}
