import { Link } from 'wouter';
import { useTitle } from './use-title.ts';

export function NoSuchPage() {
  useTitle('Not found');
  return (
    <div className="blank">
      <h2>There is no such page</h2>
      <Link href="/">To the runs</Link>
    </div>
  );
}
